import { defineConfig } from 'vite'

export default defineConfig({
  root: 'src',
  // Relative, so that the page works below any path of a reverse proxy.
  base: './',
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    assetsDir: '.',
    // The page's Content-Security-Policy forbids inlined assets.
    assetsInlineLimit: 0,
    modulePreload: false,
    // Supported by all browsers since 2023.
    target: ['chrome111', 'firefox113', 'safari16.4'],
    reportCompressedSize: false,
  },
})
