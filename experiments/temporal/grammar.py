"""The text of the experiment: documents of an invented language whose beginning helps to guess their end.

A document is sentences such as `the tree sees ka mo with lu ri .` about one of a few topics, which decides
what common nouns and verbs are likely, and about people whose names it makes up as it goes: two syllables
each, and a habit, the verb that usually follows. How often a new name comes rather than an old one follows
the two-parameter Chinese restaurant process (Pitman and Yor 1997), so that the share of new names falls as a
power of the names so far. Nothing in it falls like 1/(1 + a1 i) by construction; what the context is worth at
each position is left for a model to find out.

A window starts anywhere in the first sentences of its document, so that no position is the first of a
sentence more often than another.
"""

from dataclasses import dataclass, field
from random import Random

import numpy as np
import numpy.typing as npt

Tokens = npt.NDArray[np.int64]

STOP, THE, WITH = range(3)
NOUNS = range(3, 43)
VERBS = range(43, 59)
SYLLABLES = range(59, 91)
VOCABULARY = 91
SKIPPED = 32
"""Tokens at the beginning of a document, at most, that are not in its window."""


@dataclass(frozen=True)
class Style:
    """What a kind of document is like."""

    topics: int = 8
    discount: float = 0.5
    """How heavy the tail of rare names is, in [0, 1)."""
    strength: float = 2.0
    """The larger, the more names."""
    names: float = 0.6
    """Share of people among subjects and objects."""
    habit: float = 0.75
    """How often a person does what the person usually does."""
    company: float = 0.4
    """How often a sentence has a third party."""


@dataclass
class Document:
    """One document as it grows."""

    style: Style
    random: Random
    people: list[tuple[int, int, int]] = field(default_factory=list)
    """First syllable, second syllable, habit."""
    mentions: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)

    def grow(self, topic: "Topic", length: int) -> list[int]:
        """So many tokens."""
        while len(self.tokens) < length:
            verb = self._party(topic)
            self.tokens.append(
                verb if self._chance(self.style.habit) and verb >= 0 else topic.verb(self.random)
            )
            self._party(topic)
            if self._chance(self.style.company):
                self.tokens.append(WITH)
                self._party(topic)
            self.tokens.append(STOP)
        return self.tokens[:length]

    def _party(self, topic: "Topic") -> int:
        """Append a person or a thing; the habit of the person, or -1."""
        if not self._chance(self.style.names):
            self.tokens += [THE, topic.noun(self.random)]
            return -1
        who = self._who(topic)
        self.mentions.append(who)
        self.tokens += self.people[who][:2]
        return self.people[who][2]

    def _who(self, topic: "Topic") -> int:
        """Someone mentioned before, in proportion to the mentions less the discount, or someone new."""
        count, known = len(self.mentions), len(self.people)
        new = (self.style.strength + self.style.discount * known) / (self.style.strength + count)
        if not known or self._chance(new):
            draw = self.random.choice
            self.people.append((draw(SYLLABLES), draw(SYLLABLES), topic.verb(self.random)))
            return known
        while (
            True
        ):  # by rejection: a mention at random, kept unless it is the discounted share of a first one
            position = self.random.randrange(count)
            who = self.mentions[position]
            if self.mentions.index(who) != position or not self._chance(self.style.discount):
                return who

    def _chance(self, share: float) -> bool:
        return self.random.random() < share


class Topic:
    """Its own order of nouns and verbs, by Zipf's law."""

    def __init__(self, number: int) -> None:
        own = Random(number)
        self._nouns, self._verbs = own.sample(NOUNS, len(NOUNS)), own.sample(VERBS, len(VERBS))

    def noun(self, random: Random) -> int:
        """A noun of the topic."""
        return self._nouns[_zipf(random, len(self._nouns))]

    def verb(self, random: Random) -> int:
        """A verb of the topic."""
        return self._verbs[_zipf(random, len(self._verbs))]


def _zipf(random: Random, count: int) -> int:
    """A rank below count, with probability about 1/rank: uniform in the logarithm."""
    return int((count + 1) ** random.random()) - 1


def documents(style: Style, count: int, length: int, seed: int) -> Tokens:
    """So many documents, shape (count, length); the same for the same seed."""
    random = Random(seed)
    topics = [Topic(number) for number in range(style.topics)]
    made = np.empty((count, length), dtype=np.int64)
    for row in made:
        skipped = random.randrange(SKIPPED)
        row[:] = Document(style, random).grow(random.choice(topics), skipped + length)[skipped:]
    return made
