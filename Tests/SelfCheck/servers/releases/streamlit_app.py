"""A page of Streamlit with one widget."""

import streamlit

streamlit.slider("a number")
