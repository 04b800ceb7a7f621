import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';

/** A connection with its prepared statements. Rows come as plain objects, columns named as the statement names them. */
export class Database {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string, options: { readonly readOnly: boolean; readonly busyTimeoutMs: number }) {
    this.#connection = new DatabaseSync(file, {
      readOnly: options.readOnly,
      timeout: options.busyTimeoutMs,
      enableForeignKeyConstraints: true,
    });
  }

  /** Statements without parameters or rows, one or several. */
  exec(sql: string): void {
    this.#connection.exec(sql);
  }

  run(sql: string, ...values: SQLInputValue[]): { readonly changes: number; readonly lastId: number } {
    const { changes, lastInsertRowid } = this.#prepare(sql).run(...values);
    return { changes: Number(changes), lastId: Number(lastInsertRowid) };
  }

  /** `T` is what the statement's columns are: the caller knows, nobody checks. */
  get<T extends object>(sql: string, ...values: SQLInputValue[]): T | undefined {
    const row = this.#prepare(sql).get(...values);
    return row === undefined ? undefined : ({ ...row } as T);
  }

  all<T extends object>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#prepare(sql)
      .all(...values)
      .map((row) => ({ ...row }) as T);
  }

  /** False after SQLite has rolled back by itself, as it may on a full disk: https://sqlite.org/lang_transaction.html §3. */
  get isTransaction(): boolean {
    return this.#connection.isTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#connection.close();
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
