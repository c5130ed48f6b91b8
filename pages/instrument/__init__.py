"""The live instrument: a component that draws a layer in the browser and follows the hand without the server."""
