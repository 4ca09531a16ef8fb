// Shows what the board tells, and nothing else: every text goes in as text, never as markup.
"use strict";
(() => {
  const SILENCE = 25000; // ms without a word from the board, after which the page says so
  const AGAIN = 4000; // ms until the next try, where the browser itself makes none
  const instructor = location.pathname === "/instructor";
  const get = (id) => document.getElementById(id);
  const memory = {
    // a reload must not bring names back onto the projector
    get hidden() { try { return sessionStorage.getItem("names") === "hidden"; } catch { return true; } },
    set hidden(value) { try { sessionStorage.setItem("names", value ? "hidden" : "shown"); } catch { /* not kept */ } },
  };
  let source = null;
  let heard = Date.now();
  let allowed = false;
  let named = instructor && !memory.hidden;
  let tiles = new Map();

  function make(tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }
  const count = (number, one, many) => `${number} ${number === 1 ? one : many}`;
  const minutes = (number) => (number >= 60 ? `${Math.floor(number / 60)} h ${number % 60} min` : `${number} min`);

  // Replaces what is in a place only when it is to be something else.
  function put(place, key, build) {
    const sign = JSON.stringify(key);
    if (place.dataset.sign === sign) return;
    place.dataset.sign = sign;
    place.replaceChildren(...build());
  }

  function facts(told) {
    const said = [[told.learners, told.learners === 1 ? "learner" : "learners"], [told.passed, "exercises passed"]];
    if (told.stuck) said.push([told.stuck, "stuck", "stuck"]);
    if (told.long) said.push([told.long, `for long (${told.minutes} min or ${told.tries} verdicts)`, "stuck"]);
    if (told.machines) said.push([told.machines, "with trouble on their machine", "stuck"]);
    if (told.done) said.push([told.done, "done with all"]);
    if (told.quiet) said.push([told.quiet, "not heard for a while"]);
    get("facts").hidden = !told.learners;
    put(get("facts"), said, () => said.map(([number, what, kind]) => {
      const item = make("li", kind || "");
      item.append(make("b", "", number), ` ${what}`);
      return item;
    }));
  }

  function where(told) {
    const rows = get("where").querySelector("tbody");
    if (rows.children.length !== told.units.length) {
      rows.replaceChildren(...told.units.map((unit, place) => {
        const row = make("tr");
        const title = make("th", "", unit.title);
        title.scope = "row";
        title.title = `${unit.name}: ${unit.title}`;
        const bar = make("td", "bar");
        const track = make("div", "track");
        track.setAttribute("aria-hidden", "true");
        track.append(make("i", "passed"), make("i", "here"), make("i", "stuck"));
        bar.append(track);
        row.append(make("td", "number", unit.name.replace(/^exercise-/, "")), title, bar,
          make("td", "n passed"), make("td", "n here"), make("td", "n stuck"));
        return row;
      }));
    }
    told.units.forEach((unit, place) => {
      const row = rows.children[place];
      const share = (number) => `${told.learners ? (100 * number) / told.learners : 0}%`;
      const [passed, here, stuck] = row.querySelectorAll(".track i");
      passed.style.width = share(unit.passed);
      here.style.width = share(unit.here - unit.stuck);
      stuck.style.width = share(unit.stuck);
      [["passed", unit.passed], ["here", unit.here], ["stuck", unit.stuck]].forEach(([name, number]) => {
        const cell = row.querySelector(`td.${name}`);
        if (cell.textContent !== String(number)) cell.textContent = number;
        cell.classList.toggle("zero", !number);
      });
    });
  }

  function checks(told) {
    get("checks").querySelector(".none").hidden = told.checks.length > 0;
    put(get("checks").querySelector("ol"), told.checks, () => told.checks.map((one) => {
      const item = make("li");
      const long = one.long ? `, ${one.long === one.learners && one.long === 1 ? "for long" : `${one.long} of them for long`}` : "";
      item.append(make("b", "", one.learners), make("span", "", one.title), make("small", "", one.unit + long));
      return item;
    }));
  }

  function waiting(told) {
    const box = get("waiting");
    box.hidden = !told.names;
    if (!told.names) return put(box.querySelector("ul"), [], () => []);
    box.querySelector(".none").hidden = told.waiting.length > 0;
    put(box.querySelector("ul"), told.waiting, () => told.waiting.map((one) => {
      const item = make("li");
      item.append(make("b", "who", one.name), make("em", "", `${minutes(one.minutes)}, ${count(one.tries, "verdict", "verdicts")}`),
        make("small", "", `${told.units[one.at].name}: ${one.title}`));
      return item;
    }));
  }

  function word(one, told) {
    if (one.quiet) return ["is-quiet", "quiet"];
    if (one.at === null) return ["is-done", "done with all"];
    if (one.broken) return ["is-stuck", "machine trouble"];
    if (one.long && one.minutes < told.minutes) return ["is-stuck is-long", `stuck, ${one.tries} times`];
    if (one.long) return ["is-stuck is-long", `stuck ${minutes(one.minutes)}`];
    if (one.stuck) return ["is-stuck", one.minutes ? `stuck ${minutes(one.minutes)}` : "stuck"];
    return ["is-at", "at it"];
  }

  function tile(one, told) {
    const sign = JSON.stringify(one);
    const known = tiles.get(one.id);
    if (known && known.sign === sign) return known.node;
    const [kind, says] = word(one, told);
    const node = make("li", kind);
    const name = make("span", "who", one.name);
    name.title = one.name;
    const line = make("small");
    const passes = make("span", "", `${one.passed.length} of ${told.units.length}`);
    passes.append(make("span", "unseen", " passed"));
    line.append(make("span", "", says), passes);
    const steps = make("div", "steps");
    steps.setAttribute("aria-hidden", "true");
    const passed = new Set(one.passed);
    told.units.forEach((_, place) => {
      steps.append(make("i", place === one.at ? (one.stuck ? "stuck" : "at") : passed.has(place) ? "passed" : ""));
    });
    node.append(name, line, steps);
    tiles.set(one.id, { sign, node });
    return node;
  }

  function people(told) {
    const box = get("people");
    box.hidden = !told.names;
    if (!told.names) {
      tiles = new Map();
      box.querySelectorAll("div").forEach((group) => group.remove());
      return;
    }
    const there = new Set(told.people.map((one) => one.id));
    for (const id of tiles.keys()) if (!there.has(id)) tiles.delete(id);
    const order = [...told.units.keys(), null];
    order.forEach((place) => {
      const id = `at-${place === null ? "end" : place}`;
      let group = get(id);
      if (!group) {
        group = make("div");
        group.id = id;
        group.append(make("h3"), make("ul", "tiles"));
        box.append(group);
      }
      const here = told.people.filter((one) => one.at === place);
      here.sort((one, other) => (other.long - one.long) || (one.quiet - other.quiet));
      group.hidden = !here.length;
      put(group.querySelector("h3"), [here.length], () => {
        const what = place === null ? "Done with all" : `${told.units[place].name}  ${told.units[place].title}`;
        return [`${what} `, make("span", "", count(here.length, "learner", "learners"))];
      });
      const list = group.querySelector("ul");
      const nodes = here.map((one) => tile(one, told));
      if (nodes.length !== list.children.length || nodes.some((node, number) => list.children[number] !== node)) {
        list.replaceChildren(...nodes);
      }
    });
  }

  function show(told) {
    get("state").textContent = "";
    get("nobody").hidden = told.learners > 0;
    get("main").hidden = !told.learners;
    joinLine(told.learners > 0);
    facts(told);
    where(told);
    checks(told);
    waiting(told);
    people(told);
    document.body.dataset.shows = told.names ? "names" : "numbers";
  }

  let invitation = "";
  function joinLine(small) {
    get("join").hidden = !small || !invitation;
    get("join").querySelector("code").textContent = invitation;
    get("nobody").querySelector("code").textContent = invitation;
    get("nobody").querySelector("span").hidden = !invitation;
  }

  function toggle() {
    const button = get("toggle");
    button.hidden = !allowed;
    button.textContent = named ? "Hide names" : "Show names";
  }

  function lost(text) {
    if (get("state").textContent !== text) get("state").textContent = text;
  }

  function connect() {
    if (source) source.close();
    const mine = new EventSource(instructor ? `/events/instructor${named ? "?names=yes" : ""}` : "/events");
    source = mine;
    const live = (act) => (event) => {
      if (source !== mine) return; // it was closed meanwhile: what comes from it is not to be shown any more
      heard = Date.now();
      act(event);
    };
    mine.addEventListener("about", live((event) => {
      const about = JSON.parse(event.data);
      allowed = about.names;
      invitation = about.join;
      toggle();
    }));
    mine.addEventListener("alive", live(() => { lost(""); }));
    mine.onmessage = live((event) => show(JSON.parse(event.data)));
    mine.onerror = () => {
      if (source !== mine) return;
      lost("The board does not answer. What stands here was so when it last did.");
      if (mine.readyState === EventSource.CLOSED) setTimeout(() => { if (source === mine) connect(); }, AGAIN);
    };
  }

  get("toggle").addEventListener("click", () => {
    named = !named;
    memory.hidden = !named;
    toggle();
    if (!named) { // names go at once, not with the next word from the board
      get("people").hidden = get("waiting").hidden = true;
      waiting({ names: false });
      people({ names: false });
    }
    connect();
  });
  setInterval(() => {
    if (Date.now() - heard > SILENCE) lost("The board does not answer. What stands here was so when it last did.");
  }, 5000);
  connect();
})();
