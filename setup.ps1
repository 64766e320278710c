# TrendScope on Windows: ./setup.ps1 [up|status|logs|stop|reset] with Docker Desktop, as ./setup.sh elsewhere.
#
# The platform's own runner starts Unix processes, so on Windows it runs in WSL (./setup.sh there) or, with this
# script, as containers.
param(
    [Parameter(Position = 0)][string]$Command = 'up',
    [Parameter(Position = 1, ValueFromRemainingArguments = $true)][string[]]$Rest = @()
)
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot

function Stop-With([string]$Message) {
    [Console]::Error.WriteLine("missing: $Message")
    exit 78
}

if ($Command -in '-h', '--help', 'help') {
    Get-Content $PSCommandPath -TotalCount 4 | ForEach-Object { $_ -replace '^# ?', '' }
    exit 0
}
if (-not (Get-Command docker -ErrorAction SilentlyContinue)) {
    Stop-With 'Docker Desktop (https://docs.docker.com/desktop/), or WSL: run ./setup.sh in it'
}
docker info *> $null
if ($LASTEXITCODE -ne 0) { Stop-With 'an answering Docker engine: start Docker Desktop' }
if (-not (Test-Path docker-compose.yml)) { Stop-With 'docker-compose.yml: run ./setup.sh in WSL instead' }
if (-not (Test-Path .env)) {
    Copy-Item .env.example .env
    Write-Output '.env was made from .env.example: put your TMDB and Reddit keys there; without them both are simulated'
}

switch ($Command) {
    'up' { docker compose up --build --detach --wait @Rest }
    'status' { docker compose ps --all @Rest }
    'logs' { docker compose logs @Rest }
    'stop' { docker compose stop @Rest }
    'reset' {
        if ($Rest -notcontains '--yes') {
            $answer = Read-Host 'Delete all data of TrendScope? [y/N]'
            if ($answer -ne 'y') { exit 1 }
        }
        docker compose down --volumes
    }
    default { Stop-With "a command named $Command; there are up, status, logs, stop and reset" }
}
exit $LASTEXITCODE
