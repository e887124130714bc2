import DefaultTheme from 'vitepress/theme-without-fonts'
import ModePicture from './ModePicture.vue'
import './style.css'

export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => app.component('ModePicture', ModePicture),
}
