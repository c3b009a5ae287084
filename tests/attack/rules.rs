//! Rules that hardly mean what they say: ouzel explains them, and may be overruled.
