/**
 * A first-in, first-out queue in a ring: no items are moved when the head leaves, and a queue that grows and shrinks
 * repeatedly allocates nothing.
 */
export class Fifo<T> {
  /** Ring storage; its length is 0 or a power of two. */
  #slots: (T | undefined)[] = []
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#grow()
    this.#slots[(this.#head + this.#length) & (this.#slots.length - 1)] = item
    this.#length++
  }

  peek(): T | undefined {
    return this.#slots[this.#head]
  }

  /** Replaces the head; the queue must not be empty. */
  replaceHead(item: T): void {
    this.#slots[this.#head] = item
  }

  /** Replaces the last item; the queue must not be empty. */
  replaceLast(item: T): void {
    this.#slots[(this.#head + this.#length - 1) & (this.#slots.length - 1)] = item
  }

  /** Returns the item after `index` others, or undefined. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#length) return undefined
    return this.#slots[(this.#head + index) & (this.#slots.length - 1)]
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#slots[this.#head]
    this.#slots[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#slots.length - 1)
    this.#length--
    if (this.#length === 0 && this.#slots.length > maxIdleSlots) this.clear()
    return item
  }

  clear(): void {
    this.#slots = []
    this.#head = 0
    this.#length = 0
  }

  #grow(): void {
    const slots = [...this.#slots.slice(this.#head), ...this.#slots.slice(0, this.#head)]
    slots.length = Math.max(firstSlots, slots.length * 2)
    this.#slots = slots
    this.#head = 0
  }
}

const firstSlots = 4

/** Most slots that an empty queue keeps: most channels are idle, and one burst must not cost memory permanently. */
const maxIdleSlots = 64
