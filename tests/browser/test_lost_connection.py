"""When the server has gone, the dialog says how this app is started again; when it is back, the screen goes on."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.tools.screen import drawn, new_context


def test_the_dialog_names_the_command_of_this_app_and_closes_when_it_is_back(server, browser):
    context = new_context(browser)
    page = context.new_page()
    connections = []
    # The server of the other tests stays: to this page it looks as if it had gone.
    page.route_web_socket("**/_stcore/stream", lambda socket: connections.append((socket, socket.connect_to_server())))
    page.goto(f"{server.url}/overview")
    drawn(page)
    page.route("**/_stcore/**", lambda route: route.abort())
    for socket, to_server in connections:
        socket.close()
        to_server.close()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    seen = [
        dialog.locator(place).evaluate("element => getComputedStyle(element, '::after').content")
        for place in ("code", "div:has(> [data-testid='stErrorCodeBlock']) > div:first-child")
    ]
    assert seen[0] == f'"make run PORT={server.url.rsplit(":", 1)[1]}"'
    assert "Start it again in its folder" in seen[1]
    assert dialog.inner_text().strip() == "Connection error", "Streamlit's own words are not to be seen"
    page.unroute("**/_stcore/**")
    expect(dialog).to_be_hidden()
    drawn(page)
    context.close()
