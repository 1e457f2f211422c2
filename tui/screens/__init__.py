"""One module a screen. A screen reads the store on its tick and asks the hub; it never reaches into another."""
