"""Pages in the scripts and the encodings of the world, and pages that are wrong about theirs."""

# ruff: noqa: E501, RUF001 - prose in its own letters

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.capture.answers import whole
from tests.capture.articles import document
from tests.capture.pages import Page
from tests.capture.words import as_html, marking

if TYPE_CHECKING:
    from collections.abc import Sequence

ARABIC = (
    "يعيش صاحب الطاحونة على شاطئ البحر من حركة المد، فهو يفتح الباب حين يرتفع الماء ويغلقه قبل أن ينحسر بقليل.",
    "وكان جيرانه يعرفون وقت الماء من ضوء نافذته، لأن ساعات عمله كانت تتأخر كل يوم قرابة خمسين دقيقة عن اليوم السابق.",
    "أما الطين فهو عدوه القديم، إذ يترك كل مد قليلا منه في قاع البركة حتى ترتفع سنة بعد سنة ولا يبقى للماء مكان.",
)
HEBREW = (
    "הטחנה על שפת הים חיה מן הירח: פעמיים ביום ממלא הים את הבריכה, ופעמיים ביום נותן הטוחן למים לצאת דרך הגלגל.",
    "שעות העבודה שלו היו משונות, שכן הגאות מתאחרת בכל יום בכחמישים דקות, והשכנים למדו לקרוא את מצב המים מאור חלונו.",
    "הבוץ היה האויב הגדול ביותר, כי כל מילוי של הבריכה הביא מעט ממנו וכל ריקון הותיר את רובו מאחור על הקרקעית.",
)
JAPANESE = (
    "夜行列車は昼間だれも使わないホームから出発しました。人々は芝居を見に行くときのように早く来て、少し着飾っていました。",
    "眠りは何層にもなっています。はじめに線路の継ぎ目を覚え、次に駅の手前の分岐を覚え、最後には国境での長い停車も体が覚えます。",
    "時刻表は終わりから書かれていました。到着は七時と八時の間でなければならず、ほかのすべてはそこから決まったのです。",
)
CHINESE = (
    "苔藓不需要花园通常给予的任何东西。它没有要喂养的根，不喜欢石灰和肥料，想要它的园丁首先必须学会省略。",
    "它确实需要水，但与草不同。一块苔藓可以干燥灰暗一个月而不受伤害，雨后一小时又会绿到底部，仿佛有人点亮了下面的灯。",
    "三年左右的时间里，工作就是除草，跪在地上用两根手指。当苔藓彼此相连，地面上不再有光，除草的工作也就结束了。",
)
RUSSIAN = (
    "Смотритель маяка проводил ночь скорее с тряпкой, чем с огнём: копоть садилась на призмы уже через час после захода.",
    "Линзу собирали из колец, потому что цельное стекло такого размера было бы толщиной со стол и поглотило бы весь свет.",
    "Суда узнавали маяк по ритму: две вспышки и долгая темнота. Остановившаяся линза была хуже, чем совсем погасшая.",
)
FRENCH = (
    "Le seigle ne tient pas la pâte comme le fait le blé : il a peu de gluten, et c'est l'acidité qui évite à la mie de "
    "s'affaisser, si bien qu'elle n'est pas un goût mais une part de l'édifice.",
    "Le levain se nourrit la veille au soir. Au matin il a doublé, il commence à retomber en son milieu et il sent la "
    "pomme restée à la cave depuis octobre ; c'est à cet instant qu'il faut s'en servir.",
    "Le plus difficile vient à la fin : un pain de seigle veut un jour et une nuit dans un torchon avant d'être tranché, "
    "et celui qui n'attend pas dira que la recette était mauvaise.",
)
GERMAN = (
    "Der Hüter des Hafenlichts verbrachte die Nacht öfter mit dem Tuch als mit der Flamme, denn der Ruß setzte sich schon "
    "nach einer Stunde auf die Prismen.",
    "Man baute die Linse aus Ringen, weil ein Glas von dieser Größe dick wie ein Tisch gewesen wäre und das Licht "
    "verschluckt hätte, das es werfen sollte.",
    "Schiffe erkannten das Feuer an seinem Takt: zwei Blitze und eine lange Dunkelheit; eine stehende Linse war ärger als "
    "gar keine.",
)
KOREAN = (
    "밤 기차는 낮에는 아무도 쓰지 않는 승강장에서 떠났고, 사람들은 극장에 가듯이 너무 일찍 조금 차려입고 왔습니다.",
    "차장은 발판에서 표를 받아 두었다가 아침에 커피와 함께 돌려주었습니다. 잠은 여러 층으로 찾아왔고 소리마다 이름이 있었습니다.",
    "시간표는 거꾸로 쓰였습니다. 도착은 일곱 시와 여덟 시 사이여야 했으며 나머지는 모두 거기에서 정해졌습니다.",
)


def _page(
    name: str,
    texts: tuple[str, ...],
    codec: str,
    *,
    language: str,
    header: str = "",
    meta: str = "",
    mark: bytes = b"",
    markup: str = "",
) -> Page:
    """An article whose bytes are in `codec`, whatever its header and its own `meta` say of it."""
    declared = f'<meta charset="{meta}">' if meta else ""
    body = f"<article><h1>{texts[0][:12]}</h1>{as_html(list(texts))}<p>{marking(name)}</p></article>"
    html = f'<html lang="{language}"{markup}><head>{declared}<title>{texts[0][:12]}</title></head><body>{body}</body></html>'
    sent = mark + f"<!doctype html>{html}".encode(codec)
    return Page(
        name=name,
        answers={"": whole(sent, f"text/html; charset={header}" if header else "text/html")},
        says=(*texts, marking(name)),
        hushes=("\ufffd",),
        title=texts[0][:12].strip(),
        language=language,
    )


def encodings() -> Sequence[Page]:
    """All of them."""
    return [
        _page("arabic", ARABIC, "utf-8", language="ar", header="utf-8", markup=' dir="rtl"'),
        _page("arabic1256", ARABIC, "cp1256", language="ar", header="windows-1256", markup=' dir="rtl"'),
        _page("hebrew", HEBREW, "cp1255", language="he", meta="windows-1255", markup=' dir="rtl"'),
        _page("shiftjis", JAPANESE, "cp932", language="ja", header="Shift_JIS"),
        _page("eucjp", JAPANESE, "euc-jp", language="ja", meta="euc-jp"),
        _page("iso2022jp", JAPANESE, "iso2022-jp", language="ja", header="iso-2022-jp"),
        _page("gb18030", CHINESE, "gb18030", language="zh-CN", meta="gb18030"),
        _page("gb2312", CHINESE, "gbk", language="zh-CN", header="gb2312"),
        _page("euckr", KOREAN, "cp949", language="ko", header="euc-kr"),
        _page("cp1251", RUSSIAN, "cp1251", language="ru", header="windows-1251"),
        _page("koi8r", RUSSIAN, "koi8-r", language="ru", meta="koi8-r"),
        _page("latin1", FRENCH, "cp1252", language="fr", header="iso-8859-1"),
        _page("undeclared", GERMAN, "utf-8", language="de"),
        _page("undeclared1252", GERMAN, "cp1252", language="de"),
        _page("utf16", RUSSIAN, "utf-16-le", language="ru", mark=b"\xff\xfe", header="utf-16"),
        _page("utf16be", GERMAN, "utf-16-be", language="de", mark=b"\xfe\xff"),
        _page("utf8bom", FRENCH, "utf-8", language="fr", mark=b"\xef\xbb\xbf", header="iso-8859-1"),
        _page("lying", FRENCH, "cp1252", language="fr", header="utf-8", meta="iso-8859-1"),
        _page("contradicting", RUSSIAN, "cp1251", language="ru", header="windows-1251", meta="utf-8"),
        _page("unknown", GERMAN, "utf-8", language="de", header="x-klingon", meta="utf-7"),
        _mixed(),
    ]


def _mixed() -> Page:
    """UTF-8 with a few bytes that are none, as pages have whose comments came from elsewhere."""
    text = document("Mixed", as_html([*GERMAN, marking("mixed")]), language="de").encode()
    return Page(
        name="mixed",
        answers={"": whole(text.replace(b"</body>", b"<p>caf\xe9 \xff\xfe</p></body>"))},
        says=(*GERMAN, marking("mixed")),
        title="Mixed",
        language="de",
    )
