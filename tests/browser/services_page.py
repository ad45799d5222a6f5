"""A page that uses the device's services one after the other and says what came of it: `python -m ... <port>`."""

import sys

import flet as ft

from records.problems import Problem
from screens.browser import serve
from screens.services import FletServices


async def main(page: ft.Page) -> None:
    services = FletServices(page)

    async def try_them(event: ft.Event) -> None:
        said = [f"locked {await services.lock_away('login', 'a secret')}", f"got {await services.unlock('login')}"]
        await services.keep_secret("store", "of this browser")
        said.append(f"kept {await services.secret('store')}")
        said.append(f"open {await ft.SharedPreferences().get('samooh.store')}")
        try:
            await services.unlock("nothing")
        except Problem as problem:
            said.append(problem.code)
        spot = await services.spot()
        said.append(f"at {spot.latitude} {spot.longitude}" if spot else "nowhere")
        page.add(ft.Text(" | ".join(said)))

    page.add(ft.Button("try", on_click=try_them))


if __name__ == "__main__":
    serve(main, port=int(sys.argv[1]))
