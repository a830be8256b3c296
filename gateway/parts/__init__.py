"""What several features are made of: cards, forms about people, lists, and questions to a service."""
