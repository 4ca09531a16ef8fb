@echo off
rem The twin of ./invoke for Windows: makes .venv when it is missing, moved or of another recipe, then hands over.
setlocal disabledelayedexpansion
set "here=%~dp0"
set "here=%here:~0,-1%"
set "venv=%here%\.venv"
for %%f in ("%here%\pyproject.toml") do set "recipe=%%~tf %%~zf"
for %%f in ("%here%\constraints.txt") do set "recipe=%recipe% %%~tf %%~zf %here%"
set "ready="
if exist "%venv%\ready" set /p ready=<"%venv%\ready"
if not %ready%.=="%recipe%". call :prepare || exit /b 3
"%venv%\Scripts\invoke.exe" --search-root "%here%" %*
exit /b %errorlevel%

:prepare
echo Preparing .venv (once; about a minute) ...>&2
set "python="
for %%p in ("py -3" python python3) do if not defined python %%~p -c "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))" >nul 2>nul && set "python=%%~p"
if not defined python echo This workshop needs Python 3.10 or newer: https://www.python.org/downloads/>&2
if not defined python exit /b 1
%python% -m venv "%venv%" && "%venv%\Scripts\python.exe" -m pip install --quiet --quiet --disable-pip-version-check --constraint "%here%\constraints.txt" --editable "%here%" && (echo "%recipe%")>"%venv%\ready" && call :compile && exit /b 0
echo That did not work. The lines above say why; then run the same command again.>&2
if exist "%venv%\ready" echo Going on with the .venv that was there.>&2
if exist "%venv%\ready" exit /b 0
exit /b 1

rem 0.1 s less at each start; what does not compile shows when it is imported.
:compile
"%venv%\Scripts\python.exe" -m compileall -q "%here%\workshop" "%here%\tasks.py" "%here%\machine_tasks.py" "%here%\class_tasks.py" "%here%\solutions" >nul 2>nul
exit /b 0
