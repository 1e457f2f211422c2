"""Parts of the Home Assistant dialect: abbreviations, templates, configs, entities, availability."""
