import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { docsFolder } from './places.mjs'

// The pages in the site's navigation, with their titles. A page that is missing here could be found only by search, so
// tools/site.test.mjs requires all of them.

const sections = [
  {
    en: 'Begin',
    zh: '入门',
    pages: [
      ['guide/get-started', 'Get started', '快速开始'],
      ['guide/choose-a-mode', 'Choose a mode', '选择模式'],
      ['guide/modes', 'Modes', '各种模式'],
      ['guide/distribution', 'Executables, packages, containers', '单文件程序、软件包与容器'],
    ],
  },
  {
    en: 'Recipes',
    zh: '实例',
    pages: [
      ['recipes/home-server', 'Home server behind CGNAT', '运营商 NAT 后的家用服务器'],
      ['recipes/office-network', 'Office network from a laptop', '在笔记本上访问公司网络'],
      ['recipes/ssh', 'ssh', 'ssh'],
      ['recipes/docker', 'Docker', 'Docker'],
      ['recipes/kubernetes', 'Kubernetes', 'Kubernetes'],
      ['recipes/reverse-proxies', 'nginx, Caddy, haproxy, Cloudflare', 'nginx、Caddy、haproxy、Cloudflare'],
      ['recipes/v2ray-xray', 'V2Ray and Xray', 'V2Ray 与 Xray'],
      ['recipes/library', 'As a library', '作为库使用'],
    ],
  },
  {
    en: 'In depth',
    zh: '深入',
    pages: [
      ['guide/configuration', 'The configuration file', '配置文件'],
      ['guide/reliability', 'Reliability', '可靠性'],
      ['guide/proxies', 'Proxies', '代理'],
      ['guide/ports', 'Fixed ports', '固定端口'],
      ['guide/tls', 'TLS', 'TLS'],
      ['guide/behind-a-proxy', 'Behind a proxy', '位于反向代理之后'],
      ['guide/guard', 'The guard', '访问保护'],
      ['guide/relay', 'Run a relay', '运行中继'],
      ['guide/direct', 'Direct paths', '直连'],
      ['guide/scale-out', 'Scale out', '横向扩展'],
      ['guide/policies', 'Policies for tokens', '令牌策略'],
      ['guide/logs', 'Logs', '日志'],
      ['guide/observe', 'Observe', '观测'],
      ['guide/doctor', 'Doctor', '诊断'],
      ['guide/dashboard', 'Dashboard', '控制台'],
      ['guide/life', 'Drain and restart', '排空与重启'],
      ['guide/web-pages', 'From a web page', '从网页中连接'],
      ['guide/byte-streams', 'Byte streams', '字节流'],
      ['guide/looking-like-a-browser', 'Looking like a browser', '模拟浏览器'],
    ],
  },
  {
    en: 'Compare and migrate',
    zh: '比较与迁移',
    pages: [
      ['compare', 'Compare', '比较'],
      ['migrate/linksocks-go', 'From LinkSocks (Go)', '从 LinkSocks（Go）迁移'],
      ['migrate/chisel', 'From chisel', '从 chisel 迁移'],
      ['migrate/wstunnel', 'From wstunnel', '从 wstunnel 迁移'],
      ['migrate/frp', 'From frp', '从 frp 迁移'],
      ['migrate/gost', 'From gost', '从 gost 迁移'],
    ],
  },
  {
    en: 'Reference',
    zh: '参考',
    pages: [
      ['guide/cli', 'Command and flags', '命令与参数'],
      ['guide/api', 'Management API', '管理 API'],
      ['reference/api', 'API by endpoint', 'API 端点'],
      ['errors', 'Errors', '错误'],
      ['reference/protocol', 'Protocol', '协议'],
      ['interop', 'Interoperability', '互操作性'],
      ['reach', 'What is reached', '可达性'],
      ['reference/packages/index', 'Packages', '软件包'],
    ],
  },
  {
    en: 'Background',
    zh: '背景',
    pages: [
      ['performance', 'Performance', '性能'],
      ['security', 'Security', '安全'],
      ['architecture', 'Architecture', '架构'],
      ['glossary', 'Glossary', '术语'],
      ['decisions/index', 'Decisions', '设计决定'],
    ],
  },
]

const nav = [
  ['guide/get-started', 'Get started', '快速开始'],
  ['recipes/home-server', 'Recipes', '实例'],
  ['guide/cli', 'Reference', '参考'],
  ['compare', 'Compare', '比较'],
]

export const words = {
  en: {
    description: 'Carries proxy traffic over WebSocket, and survives being cut.',
    edit: 'Edit this page',
    theme: {},
  },
  zh: {
    description: '通过 WebSocket 承载代理流量，断线后不丢数据。',
    edit: '改进本页',
    theme: {
      outline: { label: '本页内容', level: [2, 3] },
      docFooter: { prev: '上一页', next: '下一页' },
      darkModeSwitchLabel: '外观',
      lightModeSwitchTitle: '切换到浅色',
      darkModeSwitchTitle: '切换到深色',
      sidebarMenuLabel: '目录',
      returnToTopLabel: '回到顶部',
      langMenuLabel: '切换语言',
      notFound: { title: '页面不存在', quote: '这个地址没有页面。', linkText: '回到首页', linkLabel: '回到首页' },
    },
    search: {
      button: { buttonText: '搜索', buttonAriaLabel: '搜索' },
      modal: {
        noResultsText: '没有结果：',
        resetButtonTitle: '清除',
        displayDetails: '显示详情',
        backButtonTitle: '关闭',
        footer: { selectText: '选择', navigateText: '切换', closeText: '关闭' },
      },
    },
  },
}

/** Names of all pages of the site, without the language. */
export const pageNames = sections.flatMap(({ pages }) => pages.map(([name]) => name))

export function navigation(language) {
  return nav.map((entry) => item(language, entry))
}

export function sidebar(language) {
  return sections.map((section) => ({
    text: section[language],
    collapsed: false,
    items: section.pages.map((entry) => item(language, entry)),
  }))
}

/** Returns the entry of a page; a page without a twin is linked in English. */
function item(language, [name, en, zh]) {
  const path = `/${name.replace(/(^|\/)index$/, '$1')}`
  if (language === 'en') return { text: en, link: path }
  return existsSync(join(docsFolder, 'zh', `${name}.md`))
    ? { text: zh, link: `/zh${path}` }
    : { text: `${zh}（英文）`, link: path }
}
