"""Compression methods: from a layer's attention weights to their replacement and its cost."""
