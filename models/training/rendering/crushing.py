"""Crushing: material pushed inwards so that the outline of the pack changes, with folds where it gave way."""

import cv2
import numpy as np

from models.training.rendering.camera import CAMERAS
from models.training.rendering.items import Body, Crush
from models.training.rendering.layer import Layer
from models.training.rendering.spec import HEIGHT, WIDTH, View


def crush(layer: Layer, body: Body, view: View, blow: Crush) -> None:
    """Push the layer's pack in at `blow`, in place, and mark where it changed."""
    camera = CAMERAS[view]
    centre = camera.project(np.array([blow.at], float))[0]
    middle = camera.project(np.array([[0, 0, body.height() / 2]], float))[0]
    scale = camera.scale_at(blow.at)
    inward = middle - centre
    inward /= np.linalg.norm(inward) + 1e-6
    radius, depth = blow.radius * scale, blow.depth * scale
    reach = int(radius * 2.2)
    left, top = max(0, int(centre[0]) - reach), max(0, int(centre[1]) - reach)
    right, bottom = min(WIDTH, int(centre[0]) + reach), min(HEIGHT, int(centre[1]) + reach)
    if right - left < 4 or bottom - top < 4:
        return
    here = (slice(top, bottom), slice(left, right))
    if np.count_nonzero(layer.alpha[here]) < 400:
        return
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    dx, dy = x - np.float32(centre[0]), y - np.float32(centre[1])
    rng = np.random.default_rng([blow.seed, list(View).index(view)])
    weight = np.exp(-(dx**2 + dy**2) / (2 * (radius * 0.62) ** 2))
    folds = np.zeros_like(weight)
    for _ in range(int(rng.integers(3, 6))):
        heading = np.arctan2(inward[1], inward[0]) + rng.normal() * 0.7
        offset = rng.normal() * radius * 0.4
        line = dx * np.sin(heading) - dy * np.cos(heading) - offset
        folds += rng.choice([-1, 1]) * np.exp(-((line / (radius * 0.1)) ** 2)) * rng.uniform(0.5, 1)
    push = weight * (1 + 0.22 * folds)
    at_x = (dx - np.float32(inward[0] * depth) * push + np.float32(centre[0] - left)).astype(np.float32)
    at_y = (dy - np.float32(inward[1] * depth) * push + np.float32(centre[1] - top)).astype(np.float32)
    colour = cv2.remap(layer.colour[here], at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    alpha = cv2.remap(layer.alpha[here], at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    marks = cv2.remap(layer.marks[here], at_x, at_y, cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    shade = np.clip(1 - 0.34 * weight + 0.3 * folds * weight, 0.3, 1.5)
    layer.colour[here] = np.clip(colour * shade[:, :, None], 0, 255).astype(np.uint8)
    layer.alpha[here] = alpha
    layer.marks[here] = np.where((weight > 0.42) & (np.asarray(alpha) > 127), blow.number, marks)
