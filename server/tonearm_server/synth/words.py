"""Words of several scripts that names are made of; nothing of anybody's real catalogue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Vocabulary:
    """What names of one script are made of; `share` of the artists write in it."""

    share: int
    first: tuple[str, ...]
    last: tuple[str, ...]
    things: tuple[str, ...]
    kinds: tuple[str, ...]
    gap: str = " "
    """Between two words of a name; none in Chinese and Japanese."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


LATIN = Vocabulary(
    share=60,
    first=_words("Anna Björn Carla Dédé Elif Finn Greta Hugo Inês Jonas Kaja Lars Maren Nils Øyvind Pilar Quim Renée"),
    last=_words("Ahlgren Brückner Castaño Dvořák Esposito Fjeld Grünwald Häkkinen İnce Kovač Łukasik Martín Nørgaard"),
    things=_words("River Lantern Harbour Winter Orchard Signal Mirror Garden Engine Shadow Letter Summer Copper Sky"),
    kinds=_words("Silent Broken Golden Distant Electric Hollow Paper Northern Second Burning Slow Velvet Blue Early"),
)
CYRILLIC = Vocabulary(
    share=14,
    first=_words("Анна Борис Вера Глеб Дарья Егор Зоя Иван Катя Лев Мила Никита Олеся Пётр Рита Семён"),
    last=_words("Белов Волкова Горин Дроздов Ершов Журавлёв Зимина Карпенко Лебедь Морозова Орлов Рябова"),
    things=_words("Река Метель Рассвет Трамвай Берег Окно Снег Голос Дорога Апрель Звезда Письмо"),
    kinds=_words("Тихий Ночной Белый Последний Дальний Северный Забытый Новый Зимний Синий"),
)
JAPANESE = Vocabulary(
    share=8,
    first=_words("葵 蓮 陽菜 樹 結衣 海斗 美咲 拓也 桜 健"),
    last=_words("青山 石川 上田 岡本 加藤 小林 坂本 高橋 中村 林"),
    things=_words("夜 雨 海辺 星 電車 手紙 夏 約束 風 鏡"),
    kinds=_words("静かな 遠い 青い 小さな 最後の 眠れない 透明な 春の"),
    gap="",
)
CHINESE = Vocabulary(
    share=5,
    first=_words("伟 芳 娜 敏 静 丽 强 磊 洋 艳"),
    last=_words("王 李 张 刘 陈 杨 黄 赵 吴 周"),
    things=_words("月光 长河 春天 城市 故乡 海洋 梦境 花园 山路 灯火"),
    kinds=_words("寂静的 遥远的 蓝色的 最后的 古老的 温柔的"),
    gap="",
)
KOREAN = Vocabulary(
    share=4,
    first=_words("민준 서연 지호 하은 도윤 수아 예준 지우"),
    last=_words("김 이 박 최 정 강 조 윤"),
    things=_words("바다 겨울 편지 달빛 노래 기차 하늘 정원"),
    kinds=_words("조용한 푸른 마지막 오래된 작은 하얀"),
)
ARABIC = Vocabulary(
    share=5,
    first=_words("أمل بدر جمال دينا رامي سلمى طارق ليلى نور هاني"),
    last=_words("الحداد النجار المصري الشامي القاسم الخطيب الزهراء"),
    things=_words("القمر البحر الليل الطريق الوردة الشتاء النافذة الصباح"),
    kinds=_words("بعيد قديم هادئ أزرق أخير صغير"),
)
HEBREW = Vocabulary(
    share=4,
    first=_words("אורי דנה יעל נועם עמית שירה תמר גיל"),
    last=_words("אלמוג ברק גולן דרור כרמי לביא שחר"),
    things=_words("ירח חורף רכבת מכתב גשם בוקר חלון שיר"),
    kinds=_words("שקט רחוק ישן כחול אחרון קטן"),
)

VOCABULARIES = (LATIN, CYRILLIC, JAPANESE, CHINESE, KOREAN, ARABIC, HEBREW)

GENRES = (
    *_words("Rock Electronic Jazz Folk Classical Ambient Pop Metal Soul Dub Blues House Techno Punk Chanson Reggae"),
    "Hip-Hop",
    "Post-Rock",
    "Drum & Bass",
    "Film Music",
)
"""Commonest first."""
