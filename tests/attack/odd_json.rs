//! JSON that is valid and odd: what a Python client reads, ouzel handles.
