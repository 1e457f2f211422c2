// Every word the page shows, in the product's three languages.

const WORDS = {
  en: {
    connecting: "Connecting to the wall",
    lost: "No connection to the wall",
    stalled: "The picture does not move on",
    signedOut: "The sign-in has ended",
    forbidden: "This sign-in may not watch the wall",
    unknown: "There is no such wall here",
    retrying: "Trying again",
    seconds: "s",
    stills: "stills",
    unchanged: "unchanged for",
    behind: "behind",
    rate: "rate",
    size: "size",
    skipped: "skipped",
    state: "state",
    live: "live",
    keys: "Key F or double click: full screen. Key I: figures.",
  },
  ru: {
    connecting: "Соединение со стеной",
    lost: "Нет связи со стеной",
    stalled: "Изображение не обновляется",
    signedOut: "Сеанс входа окончен",
    forbidden: "С этим входом стену смотреть нельзя",
    unknown: "Такой стены здесь нет",
    retrying: "Повторяем попытку",
    seconds: "с",
    stills: "отдельные кадры",
    unchanged: "без изменений",
    behind: "отставание",
    rate: "частота",
    size: "размер",
    skipped: "пропущено",
    state: "состояние",
    live: "прямой показ",
    keys: "Клавиша F или двойной щелчок: полный экран. Клавиша I: показатели.",
  },
  kk: {
    connecting: "Қабырғаға қосылуда",
    lost: "Қабырғамен байланыс жоқ",
    stalled: "Кескін жаңармай тұр",
    signedOut: "Кіру мерзімі аяқталды",
    forbidden: "Бұл кірумен қабырғаны көруге болмайды",
    unknown: "Мұнда ондай қабырға жоқ",
    retrying: "Әрекет қайталануда",
    seconds: "с",
    stills: "жеке кадрлар",
    unchanged: "өзгеріссіз",
    behind: "кешігу",
    rate: "жиілік",
    size: "өлшем",
    skipped: "өткізілді",
    state: "күй",
    live: "тікелей",
    keys: "F пернесі немесе қос шерту: толық экран. I пернесі: көрсеткіштер.",
  },
};

// The language asked for in the address, else the browser's first that we speak, else Russian.
export function chooseLanguage(asked, preferred) {
  for (const tag of [asked ?? "", ...preferred]) {
    const language = tag.toLowerCase().split("-")[0];
    if (language in WORDS) return language;
  }
  return "ru";
}

export function wordsIn(language) {
  return WORDS[language];
}
