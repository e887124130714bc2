// `@ls/mux/frames`: the memory of frames. It has a path of its own because a page loads it with the first bulk.
export { FramePool, type FramePoolOptions, type FrameSource, processFramePool } from './memory/frame-pool.js'
