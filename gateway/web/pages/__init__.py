"""What the framework shows pages with: layout, components, forms, static files."""
