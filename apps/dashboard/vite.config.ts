import { defineConfig } from 'vite'

export default defineConfig({
  root: 'src',
  // Relative, so that the page works below any path of a reverse proxy.
  base: './',
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    assetsDir: '.',
    // The policy of the page refuses what is inlined.
    assetsInlineLimit: 0,
    modulePreload: false,
    // Since 2023 in all browsers.
    target: ['chrome111', 'firefox113', 'safari16.4'],
    reportCompressedSize: false,
  },
})
