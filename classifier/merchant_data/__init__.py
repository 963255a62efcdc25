"""How the table of merchants is made: from OpenStreetMap's list of brands, the card schemes'
lists of airlines, hotels and car rentals, and what is written by hand."""
