"""Learning rate and batch size for a size, tokens and compute, by published recipe laws."""

from objectives.recipe.advice import Advice, advise
from objectives.recipe.laws import RECIPES, DeepSeek, Porian, Recipe, Scale, StepLaw

__all__ = ["RECIPES", "Advice", "DeepSeek", "Porian", "Recipe", "Scale", "StepLaw", "advise"]
