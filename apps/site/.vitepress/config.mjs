import { readFileSync } from 'node:fs'
import { defineConfig } from 'vitepress'
import { navigation, sidebar, words } from '../scripts/navigation.mjs'
import { repositoryPage } from '../scripts/places.mjs'

/** Splits Chinese, which has no blanks between words. It travels to the browser as text, so it stands alone. */
function tokenize(text) {
  const words = new Intl.Segmenter('zh', { granularity: 'word' }).segment(text.toLowerCase())
  return [...words].filter(({ isWordLike }) => isWordLike).map(({ segment }) => segment)
}

/** Anchors as code hosts make them, so that a link works in the repository and on the site alike. */
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
  // The address comes with each page: what is generated has none.
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
  // Typedoc's pages come after VitePress has looked.
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
    // Shiki knows no haproxy; its lines read like those of an ini file.
    languageAlias: { haproxy: 'ini' },
    theme: { light: 'github-light', dark: 'github-dark' },
  },
  themeConfig: {
    // Not every page has a twin: the switch leads to the start page of the language.
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
