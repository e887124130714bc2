import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'
import { navigation, sidebar, words } from '../scripts/navigation.mjs'
import { repositoryPage } from '../scripts/places.mjs'

/**
 * Splits Chinese text, which has no blanks between words. The browser gets this function as text, so it must not use
 * anything outside of itself.
 */
function tokenize(text) {
  const words = new Intl.Segmenter('zh', { granularity: 'word' }).segment(text.toLowerCase())
  return [...words].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment)
}

/** Makes the same anchors as code hosts do, so that a link works in the repository and on the site. */
function slugify(title) {
  return title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_\s-]/gu, '')
    .replaceAll(/\s/g, '-')
}

const themeOf = (language) => ({
  nav: navigation(language),
  sidebar: sidebar(language),
  ...words[language].theme,
  // Each page names its own source; generated pages have none.
  editLink: { pattern: ({ frontmatter }) => frontmatter.edit, text: words[language].edit },
})

export default defineConfig({
  title: 'LinkSocks',
  description: words.en.description,
  base: process.env['DOCS_BASE'] ?? '/',
  srcDir: '.cache/pages',
  cacheDir: '.cache/vitepress',
  outDir: 'dist',
  cleanUrls: true,
  // Typedoc writes its pages after VitePress has checked links.
  ignoreDeadLinks: [/^\/api\//],
  metaChunk: true,
  head: [
    [
      'link',
      {
        rel: 'icon',
        href: `data:image/svg+xml,${encodeURIComponent(readFileSync(new URL('icon.svg', import.meta.url), 'utf8'))}`,
      },
    ],
  ],
  markdown: {
    anchor: { slugify },
    toc: { slugify },
    // Shiki cannot highlight haproxy; its lines look like those of an ini file.
    languageAlias: { haproxy: 'ini' },
    theme: { light: 'github-light', dark: 'github-dark' },
  },
  themeConfig: {
    // Some pages have no twin: the switch then leads to the start page of the other language.
    i18nRouting: false,
    search: {
      provider: 'local',
      options: {
        miniSearch: { options: { tokenize }, searchOptions: { fuzzy: 0.2, prefix: true } },
        locales: { zh: { translations: words.zh.search } },
      },
    },
    socialLinks: [{ icon: 'github', link: repositoryPage }],
    outline: [2, 3],
  },
  locales: {
    root: { label: 'English', lang: 'en', themeConfig: themeOf('en') },
    zh: { label: '简体中文', lang: 'zh-CN', description: words.zh.description, themeConfig: themeOf('zh') },
  },
})
