"""Which pages there are, each by the name that configs use. A page is imported when a run wants it."""

from typing import TYPE_CHECKING

from lab.registry import load

if TYPE_CHECKING:
    from gui.page import Page

PAGES = {
    "dream": "gui.atari.dream_page:DreamPage",
    "maze": "gui.atari.maze_page:MazePage",
    "walk": "gui.generate.walk_page:WalkPage",
    "plane": "gui.generate.plane_page:PlanePage",
    "arithmetic": "gui.generate.arithmetic_page:ArithmeticPage",
    "dimensions": "gui.generate.dimensions_page:DimensionsPage",
    "directions": "gui.generate.directions_page:DirectionsPage",
    "code": "gui.generate.code_page:CodePage",
    "classes": "gui.generate.classes_page:ClassesPage",
    "denoising": "gui.generate.denoising_page:DenoisingPage",
    "styles": "gui.generate.styles_page:StylesPage",
    "places": "gui.generate.places_page:PlacesPage",
    "codes": "gui.generate.codes_page:CodesPage",
    "uses": "gui.generate.uses_page:UsesPage",
    "landscape": "gui.generate.landscape_page:LandscapePage",
    "diagnosis": "gui.generate.diagnosis_page:DiagnosisPage",
    "image_translation": "gui.generate.image_translation_page:ImageTranslationPage",
    "scenes": "gui.vision.scenes_page:ScenesPage",
    "pairs": "gui.vision.pairs_page:PairsPage",
    "painting": "gui.vision.painting_page:PaintingPage",
    "inspect": "gui.vision.inspect_page:InspectPage",
    "text_generation": "gui.sequences.text_generation_page:TextGenerationPage",
    "orders": "gui.sequences.input_pages:OrdersPage",
    "attention": "gui.sequences.attention_page:AttentionPage",
    "cell": "gui.sequences.cell_page:CellPage",
    "attention_steps": "gui.sequences.attention_steps_page:AttentionStepsPage",
    "heads": "gui.sequences.heads_page:HeadsPage",
    "layers": "gui.sequences.layers_page:LayersPage",
    "text_translation": "gui.sequences.text_translation_page:TextTranslationPage",
    "tag": "gui.sequences.input_pages:TagPage",
    "classify_text": "gui.sequences.input_pages:ClassifyPage",
    "word_vectors": "gui.sequences.word_vectors_page:WordVectorsPage",
    "memory": "gui.sequences.memory_page:MemoryPage",
    "captions": "gui.sequences.captions_page:CaptionsPage",
    "phrases": "gui.sequences.phrases_page:PhrasesPage",
    "prefixes": "gui.sequences.input_pages:PrefixesPage",
}


def page_class(name: str) -> "type[Page]":
    """The page of that name. Raises UsageError for an unknown one."""
    if name not in PAGES:
        from lab.errors import unknown

        raise unknown("page", name, PAGES)
    return load(PAGES[name])
