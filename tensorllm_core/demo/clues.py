"""The words of which biographies of the demo world consist, by profession."""

from __future__ import annotations

__all__ = ["CLUES"]

CLUES: dict[str, tuple[str, ...]] = {
    "architect": ("facades", "blueprints", "atriums", "arches", "staircases", "domes", "columns", "terraces"),
    "baker": ("ovens", "flour", "yeast", "loaves", "pastry", "dough", "ryebread", "crusts"),
    "composer": ("symphonies", "melodies", "quartets", "choirs", "harmonies", "overtures", "scores", "sonatas"),
    "farmer": ("harvests", "tractors", "fields", "cattle", "orchards", "barns", "seeds", "ploughs"),
    "journalist": ("headlines", "deadlines", "interviews", "editors", "sources", "columnists", "scoops", "newsrooms"),
    "judge": ("courts", "verdicts", "appeals", "statutes", "juries", "gavels", "trials", "sentences"),
    "nurse": ("wards", "bandages", "patients", "vaccines", "thermometers", "clinics", "pulses", "syringes"),
    "painter": ("canvases", "easels", "pigments", "brushes", "portraits", "galleries", "varnish", "frescoes"),
    "pilot": ("cockpits", "runways", "altitudes", "headwinds", "flights", "hangars", "rudders", "airfields"),
    "poet": ("verses", "sonnets", "rhymes", "stanzas", "metaphors", "ballads", "odes", "couplets"),
    "sailor": ("harbours", "sails", "tides", "anchors", "compasses", "decks", "knots", "lighthouses"),
    "teacher": ("lessons", "pupils", "chalk", "homework", "blackboards", "exams", "classrooms", "textbooks"),
}
"""Clue words of each profession; the keys are the world's professions."""
