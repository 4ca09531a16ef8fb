"""The nginx stand-in behaves as the official image wherever a learner looks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from workshop.engine import images

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Engine, Server


@pytest.fixture(scope="module")
def plain(engine: Engine, nginx: str) -> Iterator[Server]:
    """One container as `docker run` starts it, to look at."""
    with engine.serving(nginx) as server:
        server.get()
        yield server


def test_settings_are_those_of_the_official_image(engine: Engine, nginx: str) -> None:
    config = engine.inspect(nginx)["Config"]
    assert config["Entrypoint"] == ["/docker-entrypoint.sh"]
    assert config["Cmd"] == ["nginx", "-g", "daemon off;"]
    assert config["ExposedPorts"] == {"80/tcp": {}}
    assert config["StopSignal"] == "SIGQUIT"
    assert not config.get("User")
    assert {"PATH", "NGINX_VERSION"} <= {line.split("=")[0] for line in config["Env"]}


def test_it_serves_the_welcome_page_and_its_own_error_page(plain: Server) -> None:
    status, page = plain.get()
    assert (status, "<title>Welcome to nginx!</title>" in page) == (200, True)
    assert plain.get("/50x.html")[0] == 200
    assert plain.get("/nothing")[0] == 404


def test_nginx_is_the_first_process_and_its_workers_are_not_root(plain: Server) -> None:
    seen = plain.inside("ps -o pid,user,args | grep '[n]ginx:'").splitlines()
    assert seen[0].split(maxsplit=2) == ["1", "root", "nginx: master process nginx -g daemon off;"]
    assert {line.split()[1] for line in seen[1:]} == {"nginx"}


def test_the_entrypoint_tells_what_it_does(plain: Server) -> None:
    out, _ = plain.logs()
    entry = "/docker-entrypoint.sh: "
    told = [line for line in out.splitlines() if line.startswith((entry, "10-"))]
    assert told[0] == f"{entry}/docker-entrypoint.d/ is not empty, will attempt to perform configuration"
    assert f"{entry}Launching /docker-entrypoint.d/20-envsubst-on-templates.sh" in told
    assert f"{entry}Sourcing /docker-entrypoint.d/15-local-resolvers.envsh" in told
    assert "10-listen-on-ipv6-by-default.sh: info: Enabled listen on IPv6 in /etc/nginx/conf.d/default.conf" in told
    assert told[-1] == f"{entry}Configuration complete; ready for start up"


def test_visits_go_to_standard_output_and_notices_to_standard_error(plain: Server) -> None:
    plain.get("/look-for-me")
    out, err = plain.logs()
    assert '"GET /look-for-me HTTP/1.1" 404' in out
    assert "start worker processes" in err
    assert 'open() "/usr/share/nginx/html/look-for-me" failed' in err


def test_files_are_where_the_official_image_has_them(plain: Server) -> None:
    seen = plain.inside(
        """id nginx; stat -c '%U %a' /var/cache/nginx; for link in \
        /var/log/nginx/access.log /var/log/nginx/error.log /var/run /etc/nginx/modules; do readlink $link; done
        ls /etc/nginx/conf.d /usr/share/nginx/html | tr '\\n' ' '; echo; cat /run/nginx.pid
        ls /docker-entrypoint.d; which bash apk httpd; stat -c %a /tmp; nproc >/dev/null && which curl envsubst ip su"""
    )
    assert seen.splitlines() == [
        "uid=101(nginx) gid=101(nginx) groups=101(nginx)",
        "root 755",
        "/dev/stdout",
        "/dev/stderr",
        "../run",
        "/usr/lib/nginx/modules",
        "/etc/nginx/conf.d: default.conf  /usr/share/nginx/html: 50x.html index.html ",
        "1",
        "10-listen-on-ipv6-by-default.sh",
        "15-local-resolvers.envsh",
        "20-envsubst-on-templates.sh",
        "30-tune-worker-processes.sh",
        "1777",
        "/usr/bin/curl",
        "/usr/local/bin/envsubst",
        "/sbin/ip",
        "/bin/su",
    ]


def test_it_can_be_asked_from_inside_on_both_kinds_of_address(plain: Server) -> None:
    for ask in ("wget -qO-", "curl -s"):
        assert "Welcome" in plain.inside(f"{ask} http://127.0.0.1/")
        assert "Welcome" in plain.inside(f"{ask} http://localhost/")
    if plain.inside("cat /proc/net/if_inet6"):
        assert "Welcome" in plain.inside("curl -s http://[::1]/")


def test_its_configuration_can_be_tested_and_reloaded(plain: Server) -> None:
    assert "test is successful" in plain.inside("nginx -t 2>&1")
    plain.inside("sed -i 's/80;/80; return 418;/' /etc/nginx/conf.d/default.conf; nginx -s reload")
    assert plain.inside("nginx -t 2>&1 | grep -c successful") == "1"


def test_reloading_while_building_fails_as_in_the_official_image(engine: Engine, nginx: str) -> None:
    told = engine.run(nginx, "sh", "-c", "nginx -s reload", fine=False)
    assert 'open() "/run/nginx.pid" failed (2: No such file or directory)' in told


def test_it_stops_at_once_and_cleanly(engine: Engine, nginx: str) -> None:
    with engine.serving(nginx) as server:
        server.get()
        engine.docker("stop", "-t", "30", server.container)
        state = engine.inspect(server.container)["State"]
        assert (state["ExitCode"], state["OOMKilled"]) == (0, False)
        assert "signal 3 (SIGQUIT) received" in server.logs()[1]


def test_without_root_it_fails_where_the_official_image_fails(engine: Engine, nginx: str) -> None:
    told = engine.run(nginx, options=("--user", "nginx"), fine=False)
    assert 'mkdir() "/var/cache/nginx/client_temp" failed (13: Permission denied)' in told
    assert "can not modify /etc/nginx/conf.d/default.conf (read-only file system?)" in told
    assert 'the "user" directive makes sense only if' in told
    assert "/etc/nginx/nginx.conf:2" in told


def test_without_root_it_runs_once_its_places_are_given_to_it(engine: Engine, nginx: str, tmp_path: Path) -> None:
    (tmp_path / "app.conf").write_text("server { listen 8080; root /usr/share/nginx/html; }\n")
    (tmp_path / "Dockerfile").write_text(
        f"FROM {nginx}\nRUN rm /etc/nginx/conf.d/default.conf && chown -R nginx /var/cache/nginx /run\n"
        "COPY app.conf /etc/nginx/conf.d/\nUSER nginx\nEXPOSE 8080\n"
    )
    with engine.built(tmp_path) as image, engine.serving(image, port=8080) as server:
        assert "Welcome" in server.get()[1]
        assert server.inside("id -un") == "nginx"


def test_a_configuration_of_ones_own_that_names_no_places_works_too(engine: Engine, nginx: str, tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text(
        "pid /tmp/nginx.pid;\nevents {}\nhttp { server { listen 8080; return 200 mine; } }\n"
    )
    (tmp_path / "Dockerfile").write_text(
        f"FROM {nginx}\nCOPY nginx.conf /etc/nginx/nginx.conf\nRUN chown nginx /var/cache/nginx\nUSER nginx\n"
    )
    with engine.built(tmp_path) as image, engine.serving(image, port=8080) as server:
        assert server.get() == (200, "mine")


def test_templates_are_filled_in_and_nginx_keeps_its_own_variables(engine: Engine, nginx: str, tmp_path: Path) -> None:
    (tmp_path / "default.conf.template").write_text("server { listen 80; return 200 '${FRUIT} at $uri'; }\n")
    (tmp_path / "Dockerfile").write_text(f"FROM {nginx}\nCOPY *.template /etc/nginx/templates/\n")
    with (
        engine.built(tmp_path) as image,
        engine.serving(image, options=("-e", "FRUIT=bananas")) as server,
    ):
        assert server.get("/home") == (200, "bananas at /home")
        told = "20-envsubst-on-templates.sh: Running envsubst on /etc/nginx/templates/default.conf.template to "
        assert f"{told}/etc/nginx/conf.d/default.conf" in server.logs()[0]


def test_a_learners_configuration_replaces_the_packaged_one(engine: Engine, nginx: str, tmp_path: Path) -> None:
    (tmp_path / "site.conf").write_text("server { listen 80; location / { return 200 swapped; } }\n")
    (tmp_path / "Dockerfile").write_text(
        f"FROM {nginx}\nRUN rm /etc/nginx/conf.d/*\nCOPY site.conf /etc/nginx/conf.d/default.conf\n"
    )
    with engine.built(tmp_path) as image, engine.serving(image) as server:
        assert server.get() == (200, "swapped")
        assert "default.conf differs from the packaged version" in server.logs()[0]


def test_scripts_of_ones_own_run_in_order_and_sourced_ones_reach_later_ones(
    engine: Engine, nginx: str, tmp_path: Path
) -> None:
    for name, mode, line in (
        ("5-first.envsh", 0o755, "export FRUIT=kiwi"),
        ("40-after.sh", 0o755, "echo the fruit is $FRUIT"),
        ("41-asleep.sh", 0o644, "echo never"),
        ("notes.txt", 0o644, "nothing"),
    ):
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\n{line}\n")
        script.chmod(mode)
    (tmp_path / "Dockerfile").write_text(f"FROM {nginx}\nCOPY *.*sh *.txt /docker-entrypoint.d/\n")
    with engine.built(tmp_path) as image:
        out = engine.run(image, "nginx", "-v").splitlines()
        quiet = engine.run(image, "nginx", "-v", options=("-e", "NGINX_ENTRYPOINT_QUIET_LOGS=1"))
        other = engine.run(image, "echo", "me")
    order = [line.rpartition("/")[2] for line in out if "Launching" in line or "Sourcing" in line]
    assert order[0] == "5-first.envsh"
    assert order[-1] == "40-after.sh"
    assert "the fruit is kiwi" in out
    assert any(line.endswith("Ignoring /docker-entrypoint.d/41-asleep.sh, not executable") for line in out)
    assert any(line.endswith("Ignoring /docker-entrypoint.d/notes.txt") for line in out)
    assert quiet == "the fruit is kiwi"
    assert other == "me"


def test_a_failing_script_stops_the_start(engine: Engine, nginx: str, tmp_path: Path) -> None:
    script = tmp_path / "40-no.sh"
    script.write_text("#!/bin/sh\nexit 7\n")
    script.chmod(0o755)
    (tmp_path / "Dockerfile").write_text(f"FROM {nginx}\nCOPY 40-no.sh /docker-entrypoint.d/\n")
    with engine.built(tmp_path) as image:
        assert engine.docker("run", "--rm", image, fine=False).returncode == 7


def test_workers_and_name_servers_are_tuned_when_asked(engine: Engine, nginx: str) -> None:
    options = ("-e", "NGINX_ENTRYPOINT_WORKER_PROCESSES_AUTOTUNE=1", "--cpus", "1", "--dns", "192.0.2.53")
    with engine.serving(nginx, options=options) as server:
        server.get()
        assert server.inside("grep '^worker_processes' /etc/nginx/nginx.conf") == "worker_processes 1;"
    seen = engine.run(
        nginx,
        "sh",
        "-c",
        ". /docker-entrypoint.d/15-local-resolvers.envsh; echo $NGINX_LOCAL_RESOLVERS",
        options=("-e", "NGINX_ENTRYPOINT_LOCAL_RESOLVERS=1", "--dns", "192.0.2.53", "--dns", "2001:db8::53"),
    )
    assert seen == "192.0.2.53 [2001:db8::53]"


def test_history_shows_how_such_an_image_is_made(engine: Engine, nginx: str) -> None:
    told = engine.docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", nginx).stdout
    for words in ("ADD rootfs.tar", "COPY docker-entrypoint.sh /", "ENTRYPOINT", "EXPOSE", "STOPSIGNAL SIGQUIT", "CMD"):
        assert words in told


def test_the_two_images_share_no_layer_and_are_small(busybox: str, nginx: str) -> None:
    small, large = images.find(busybox), images.find(nginx)
    assert small
    assert large
    assert not set(small.layers) & set(large.layers)
    assert len(set(large.layers)) == len(large.layers) == 8
    assert small.size + large.size < 40_000_000
