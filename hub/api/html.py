"""The hub's few HTML pages: calm, dark, without scripts, in three languages."""

import base64
import hashlib
from collections.abc import Iterable
from html import escape

from hub.protocol import API, WallView
from sensors.access import Principal
from sensors.model import Language, Names

_STYLE = """
:root { color-scheme: dark; }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center;
  background: #14171a; color: #d7dde2; font: 16px/1.5 system-ui, sans-serif; }
main { width: min(26rem, 92vw); background: #1d2226; border-radius: 6px; padding: 2rem; }
h1 { font-size: 1.25rem; font-weight: 600; margin: 0 0 1.25rem; }
label { display: block; color: #8a949c; margin-bottom: 1rem; }
input { width: 100%; margin-top: .25rem; padding: .6rem .7rem; font: inherit; color: #d7dde2;
  background: #14171a; border: 1px solid #3a434a; border-radius: 4px; }
button { padding: .6rem 1.2rem; font: inherit; color: #14171a; background: #d7dde2; border: 0; border-radius: 4px; }
input:focus-visible, button:focus-visible, a:focus-visible { outline: 2px solid #d7dde2; outline-offset: 2px; }
p { margin: 0 0 1rem; }
a { color: #d7dde2; }
ul { margin: 0 0 1.5rem; padding-left: 1.2rem; }
nav, .muted { color: #8a949c; }
nav { margin-top: 1.5rem; font-size: .875rem; }
nav a { color: #8a949c; margin-right: .75rem; }
.exercise { margin: -2rem -2rem 2rem; padding: .5rem 2rem; border-radius: 6px 6px 0 0;
  background: #d98bd3; color: #14171a; font-weight: 700; letter-spacing: .08em; }
"""
STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
"""What the content policy admits: this style sheet, and nothing else."""

_EXERCISE = Names(en="EXERCISE", ru="УЧЕНИЕ", kk="ОҚУ-ЖАТТЫҒУ")
_TITLE = Names(en="Shekara", ru="Шекара", kk="Шекара")
_SIGN_IN = Names(en="Sign in", ru="Вход", kk="Кіру")
_SIGN_OUT = Names(en="Sign out", ru="Выйти", kk="Шығу")
_NAME = Names(en="Name", ru="Имя", kk="Аты")
_PASSWORD = Names(en="Password", ru="Пароль", kk="Құпиясөз")
_ENTER = Names(en="Enter", ru="Войти", kk="Кіру")
_WALLS = Names(en="Video walls", ru="Видеостены", kk="Бейнеқабырғалар")
_NO_WALLS = Names(en="No wall is known yet.", ru="Стен пока нет.", kk="Әзірге қабырға жоқ.")
_OFF = Names(en="offline", ru="нет связи", kk="байланыс жоқ")
_INTERFACE = Names(en="Interface (OpenAPI)", ru="Интерфейс (OpenAPI)", kk="Интерфейс (OpenAPI)")
_BACK = Names(en="Back", ru="Назад", kk="Артқа")
_LABELS = {Language.KK: "Қазақша", Language.RU: "Русский", Language.EN: "English"}

WRONG = Names(
    en="The name or the password is wrong.",
    ru="Неверное имя или пароль.",
    kk="Аты немесе құпиясөз дұрыс емес.",
)
WAIT = Names(
    en="Too many attempts. Wait a little and try again.",
    ru="Слишком много попыток. Подождите немного и повторите.",
    kk="Әрекет тым көп. Сәл күтіп, қайталаңыз.",
)
FAILED = Names(
    en="This did not succeed.",
    ru="Не получилось.",
    kk="Орындалмады.",
)


def choose_language(asked: str, accepted: str, default: Language) -> Language:
    """The language asked for, or the first of an Accept-Language header that we speak, or the default."""
    for tag in (asked, *accepted[:200].split(",")):
        code = tag.split(";")[0].strip()[:2].lower()
        if code in Language._value2member_map_:
            return Language(code)
    return default


def sign_in_page(language: Language, wall: str = "", message: Names | None = None, *, exercise: bool = False) -> str:
    """The form; `wall` is kept so that the browser goes on to it."""
    said = f'<p role="alert">{_say(message, language)}</p>' if message else ""
    return _page(
        language,
        _SIGN_IN,
        f'{said}<form method="post" action="/sign-in">'
        f'<input type="hidden" name="wall" value="{escape(wall)}">'
        f'<input type="hidden" name="lang" value="{language}">'
        f'<label>{_say(_NAME, language)}<input name="name" autocomplete="username" required autofocus></label>'
        f'<label>{_say(_PASSWORD, language)}<input name="password" type="password" '
        'autocomplete="current-password" required></label>'
        f"<button>{_say(_ENTER, language)}</button></form>",
        f"/sign-in?wall={escape(wall)}&amp;lang=",
        exercise=exercise,
    )


def index_page(language: Language, principal: Principal, walls: Iterable[WallView], *, exercise: bool = False) -> str:
    """Where to go from here."""
    rows = "".join(
        f'<li><a href="/walls/{escape(wall.wall)}">{_say(wall.title, language) or escape(wall.wall)}</a>'
        + ("" if wall.online else f' <span class="muted">({_say(_OFF, language)})</span>')
        + "</li>"
        for wall in walls
    )
    return _page(
        language,
        _TITLE,
        f'<p class="muted">{escape(principal.name)} · {escape(principal.role)}</p><p>{_say(_WALLS, language)}</p>'
        + (f"<ul>{rows}</ul>" if rows else f'<p class="muted">{_say(_NO_WALLS, language)}</p>')
        + f'<p><a href="{API}/openapi.json">{_say(_INTERFACE, language)}</a></p>'
        f'<form method="post" action="/sign-out"><button>{_say(_SIGN_OUT, language)}</button></form>',
        "/?lang=",
        exercise=exercise,
    )


def failure_page(language: Language, text: str, *, exercise: bool = False) -> str:
    """What went wrong, and the way back."""
    return _page(
        language,
        FAILED,
        f'<p class="muted">{escape(text)}</p><p><a href="/">{_say(_BACK, language)}</a></p>',
        "/?lang=",
        exercise=exercise,
    )


def _page(language: Language, title: Names, content: str, switch: str, *, exercise: bool) -> str:
    others = "".join(f'<a href="{switch}{code}" lang="{code}">{label}</a>' for code, label in _LABELS.items())
    heading, word = _say(title, language), _say(_EXERCISE, language)
    banner = f'<p class="exercise">{word}</p>' if exercise else ""
    tab = f"{word} · {heading}" if exercise else heading
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{tab}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main>{banner}<h1>{heading}</h1>{content}<nav>{others}</nav></main></body></html>"
    )


def _say(names: Names, language: Language) -> str:
    return escape(names.in_language(language))
