"""Image classifiers, one file per network; what they share is in `surgery`, `summary` and `explain`.

Each is built with `classes`, `channels` and `size` (the side of its square input) and carries three facts about itself:
`head`, the name of the layer that gives the class scores; `maps`, the module whose output class activation maps are made of
(absent where there are no maps); `stem`, a description of the variant chosen for the input size. `gap` is true where global
average pooling leads from the maps to the head, so that the original CAM applies.
"""
