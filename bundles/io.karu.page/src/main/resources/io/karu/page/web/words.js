const words = {
  en: {
    ACCEPT: 'ACCEPT', REJECT: 'REJECT', REVIEW: 'REVIEW',
    INSPECTING: 'inspecting', IDLE: 'idle', WAITING: 'waiting',
    boxes: 'Boxes', heatMap: 'Heat map', verdicts: 'Verdicts', live: 'Live', paused: 'Paused',
    overruleAccept: 'Accept', overruleReject: 'Reject',
    score: 'Score', model: 'Model', findings: 'Findings', captured: 'Captured', took: 'Took', timing: 'queue · decode · inference',
    connected: 'live', lost: 'connection lost',
    noVerdict: 'No verdict yet', noImage: 'The image of this verdict is no longer here.', noImageOfAccept: 'No image of this accepted part is here: the station’s setting keep.images says which are kept.', noStation: 'No station on this gateway yet: create one in Kura (Karu station).',
    overruledBy: (decision, who) => `${decision} by ${who}`,
    changed: 'The picture has just changed. Look, then press again.',
    failed: (why) => `Not recorded: ${why}`,
    recorded: (decision, frame) => `${decision} recorded for ${frame}`,
    perSecond: (n) => `${n}/s`,
    keys: [['A', 'accept'], ['R', 'reject'], ['↑ ↓', 'other verdicts'], ['L', 'live'], ['H', 'heat map'], ['B', 'boxes']],
    other: '中文', theme: 'Dark or light',
  },
  zh: {
    ACCEPT: '合格', REJECT: '不合格', REVIEW: '待复检',
    INSPECTING: '检测中', IDLE: '空闲', WAITING: '等待中',
    boxes: '缺陷框', heatMap: '热力图', verdicts: '判定记录', live: '实时', paused: '已暂停',
    overruleAccept: '改判合格', overruleReject: '改判不合格',
    score: '得分', model: '模型', findings: '缺陷数', captured: '拍摄时间', took: '耗时', timing: '排队 · 解码 · 推理',
    connected: '实时', lost: '连接中断',
    noVerdict: '还没有判定', noImage: '此判定的图像已不在本机。', noImageOfAccept: '没有此合格件的图像：保留哪些图像由工位的设置 keep.images 决定。', noStation: '此网关上还没有工位：请在 Kura 中新建（Karu station）。',
    overruledBy: (decision, who) => `${who} 改判为${decision}`,
    changed: '画面刚刚切换，请看清后再按一次。',
    failed: (why) => `未记录：${why}`,
    recorded: (decision, frame) => `${frame} 已记录为${decision}`,
    perSecond: (n) => `${n} 帧/秒`,
    keys: [['A', '合格'], ['R', '不合格'], ['↑ ↓', '其他判定'], ['L', '实时'], ['H', '热力图'], ['B', '缺陷框']],
    other: 'English', theme: '深色或浅色',
  },
};

export let language = localStorage.getItem('karu.language') ?? (navigator.language.startsWith('zh') ? 'zh' : 'en');

export function switchLanguage() {
  language = language === 'en' ? 'zh' : 'en';
  localStorage.setItem('karu.language', language);
}

export function say(word, ...values) {
  const text = words[language][word] ?? word;
  return typeof text === 'function' ? text(...values) : text;
}
