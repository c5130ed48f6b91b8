"""The frame around every screen: how it opens, the menu, the toolbar, the outline while libraries load."""
