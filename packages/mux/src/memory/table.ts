/** The methods of a Map that a session needs for its tables; `RenewedMap` has them as well. */
export interface Table<K, V> extends Pick<Map<K, V>, 'get' | 'has' | 'delete' | 'clear' | 'values' | 'size'> {
  set(key: K, value: V): unknown
}

/** A {@link Table} that is only read. */
export type ReadonlyTable<K, V> = Pick<Table<K, V>, 'get' | 'values' | 'size'>
