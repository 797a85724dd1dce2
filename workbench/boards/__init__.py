"""One file per board: views, links and layout. No host: the app and the notebook both show them."""
