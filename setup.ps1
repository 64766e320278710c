# TrendScope on Windows with Docker Desktop: what ./setup.sh does elsewhere.
#
#   ./setup.ps1 [up]          build and start everything as containers, wait, print the films trending
#   ./setup.ps1 status        each container: state, since when, memory
#   ./setup.ps1 top           the table of films, live (--once: print it once)
#   ./setup.ps1 logs [NAME]   the logs of one service or of all (-f: follow)
#   ./setup.ps1 stop          stop cleanly; the data stay
#   ./setup.ps1 reset         ask, then delete all data (--yes: do not ask)
#
# As processes of the machine itself, and with its tests, the platform runs in WSL: ./setup.sh there.
param(
    [Parameter(Position = 0)][string]$Command = 'up',
    [Parameter(Position = 1, ValueFromRemainingArguments = $true)][string[]]$Rest = @()
)
$ErrorActionPreference = 'Stop'
Set-Location $PSScriptRoot

$ReadyMinutes = 15
$EnvFile = Join-Path $PSScriptRoot '.env'

function Write-Line([string]$Text) {
    Write-Output ("{0:HH:mm:ss} {1}" -f (Get-Date).ToUniversalTime(), $Text)
}

function Stop-With([int]$Code, [string]$Message) {
    [Console]::Error.WriteLine("error: $Message")
    exit $Code
}

# The exit code of a program whose words are of no interest. Windows PowerShell 5.1 makes an error record of each redirected
# line of standard error, and with 'Stop' the first one would end this script.
function Invoke-Quietly([string]$Program, [string[]]$Arguments) {
    $ErrorActionPreference = 'Continue'
    & $Program @Arguments *> $null
    return $LASTEXITCODE
}

# The variables of an env file.
function Read-Variables([string]$Path) {
    $found = @{}
    foreach ($line in Get-Content -LiteralPath $Path) {
        if ($line -match '^([A-Z][A-Z0-9_]*)=(.*)$') { $found[$Matches[1]] = $Matches[2] }
    }
    return $found
}

# .env from the example, with what an older one lacks, and a password of Grafana's own.
function Update-EnvFile {
    if (-not (Test-Path -LiteralPath $EnvFile)) {
        Copy-Item -LiteralPath '.env.example' -Destination $EnvFile
        Write-Line '.env was made from .env.example: put your TMDB and Reddit keys there; without them both are simulated'
    }
    $known = Read-Variables $EnvFile
    $wanted = Read-Variables '.env.example'
    $lines = @(Get-Content -LiteralPath $EnvFile)
    foreach ($name in $wanted.Keys) {
        if ($wanted[$name] -and -not $known.ContainsKey($name)) { $lines += "$name=$($wanted[$name])" }
    }
    if (-not $known['GRAFANA_ADMIN_PASSWORD']) {
        $bytes = New-Object byte[] 18
        $random = [System.Security.Cryptography.RandomNumberGenerator]::Create()
        $random.GetBytes($bytes)
        $password = [Convert]::ToBase64String($bytes).Replace('+', '-').Replace('/', '_')
        $lines = @($lines | Where-Object { $_ -notmatch '^GRAFANA_ADMIN_PASSWORD=' }) + "GRAFANA_ADMIN_PASSWORD=$password"
        Write-Line "Grafana's password was made: GRAFANA_ADMIN_PASSWORD in $EnvFile"
    }
    [IO.File]::WriteAllLines($EnvFile, [string[]]$lines)
}

# The profiles of .env; the simulator exactly when a key is missing.
function Get-Profiles($Variables, [string[]]$Without) {
    $chosen = @($Variables['COMPOSE_PROFILES'] -split ',' | ForEach-Object { $_.Trim() } |
            Where-Object { $_ -and $_ -ne 'simulator' -and $Without -notcontains $_ })
    if (-not ($Variables['TMDB_API_KEY'] -and $Variables['REDDIT_CLIENT_ID'])) { $chosen = @('simulator') + $chosen }
    return ($chosen -join ',')
}

function Test-Image([string]$Name) {
    if ((Invoke-Quietly docker @('image', 'inspect', $Name)) -eq 0) { return $true }
    return ((Invoke-Quietly docker @('pull', '--quiet', $Name)) -eq 0)
}

# Public images that cannot be had; only Grafana's may be missing.
function Find-Images($Variables) {
    $names = @('PYTHON_IMAGE', 'KAFKA_IMAGE', 'CASSANDRA_IMAGE')
    if ($env:COMPOSE_PROFILES -match 'monitoring') { $names += 'PROMETHEUS_IMAGE', 'ALERTMANAGER_IMAGE' }
    $missing = @($names | Where-Object { -not (Test-Image $Variables[$_]) } | ForEach-Object { $Variables[$_] })
    if ($missing) { Stop-With 78 "images that cannot be had here: $($missing -join ', '); in WSL ./setup.sh --local needs none" }
    if ($env:COMPOSE_PROFILES -match 'grafana' -and -not (Test-Image $Variables['GRAFANA_IMAGE'])) {
        Write-Line "without $($Variables['GRAFANA_IMAGE']), which cannot be had here"
        $env:COMPOSE_PROFILES = Get-Profiles $Variables @('grafana')
    }
}

function Get-Containers {
    $ids = @(docker compose ps --all --quiet)
    if (-not $ids) { return @() }
    return @(docker container inspect $ids | ConvertFrom-Json)
}

# A container that is neither healthy nor done.
function Test-Waiting($Container) {
    $state = $Container.State
    if ($state.Status -eq 'exited') { return ($state.ExitCode -ne 0) }
    return ($state.Status -ne 'running' -or ($state.Health -and $state.Health.Status -ne 'healthy'))
}

function Wait-Ready($Variables) {
    $end = (Get-Date).AddMinutes($ReadyMinutes)
    while ($true) {
        $containers = Get-Containers
        $wrong = @($containers | Where-Object { $_.State.ExitCode -eq 78 -and $_.State.Status -ne 'running' })
        if ($wrong) {
            docker logs --tail 3 $wrong[0].Id
            Stop-With 78 "$($wrong[0].Name) stopped, a setting is wrong: see above"
        }
        $films = Get-Films $Variables
        if ($films -and -not @($containers | Where-Object { Test-Waiting $_ })) { return }
        if ((Get-Date) -gt $end) {
            docker compose ps --all
            Stop-With 69 "not ready after $ReadyMinutes minutes: ./setup.ps1 logs NAME says why"
        }
        Start-Sleep -Seconds 2
    }
}

function Get-Port($Variables, [string]$Name, [int]$Default) {
    if ($Variables[$Name]) { return [int]$Variables[$Name] }
    return $Default
}

# The first films of the newest closed window, each with a forecast; nothing before that.
function Get-Films($Variables) {
    $port = Get-Port $Variables 'SERVING_PORT' 8000
    try {
        $answer = Invoke-RestMethod -Uri "http://127.0.0.1:$port/api/v1/trending?limit=10" -TimeoutSec 10
    } catch {
        return $null
    }
    if (-not $answer.films -or -not @($answer.films | Where-Object { $_.forecast })) { return $null }
    return $answer
}

function Show-Films($Answer) {
    Write-Output "Films trending $($Answer.window.start) to $($Answer.window.end)"
    $Answer.films | ForEach-Object {
        $forecast = '-'
        if ($_.forecast) {
            $forecast = '{0:N1} [{1:N0}, {2:N0}]' -f $_.forecast.predicted, $_.forecast.lower, $_.forecast.upper
        }
        $sentiment = '-'
        if ($null -ne $_.sentiment.mean) { $sentiment = '{0:+0.00;-0.00} n={1}' -f $_.sentiment.mean, $_.sentiment.n }
        [pscustomobject]@{
            '#' = $_.rank
            Film = $_.title
            Score = '{0:N1}' -f $_.trend_score
            Mentions = $_.mentions.count
            Sentiment = $sentiment
            Forecast = $forecast
        }
    } | Format-Table -AutoSize | Out-String | Write-Output
}

function Show-Addresses($Variables) {
    $addresses = @(
        @('serving', 'The dashboard and the API', 'SERVING_PORT', 8000),
        @('grafana', 'Grafana: user admin, password in .env', 'GRAFANA_PORT', 3000),
        @('mlflow', 'MLflow: forecasting runs and models', 'MLFLOW_PORT', 5000),
        @('prometheus', 'Prometheus: metrics and alerts', 'PROMETHEUS_PORT', 9090),
        @('alertmanager', 'Alertmanager', 'ALERTMANAGER_PORT', 9093),
        @('spark-master', 'Spark: the cluster', 'SPARK_MASTER_UI_PORT', 8080)
    )
    $running = @(docker compose ps --services --filter status=running)
    foreach ($one in $addresses) {
        if ($running -contains $one[0]) {
            Write-Output ('{0,-40} http://127.0.0.1:{1}' -f $one[1], (Get-Port $Variables $one[2] $one[3]))
        }
    }
}

if ($Command -in '-h', '--help', 'help') {
    Get-Content -LiteralPath $PSCommandPath -TotalCount 10 | ForEach-Object { $_ -replace '^# ?', '' }
    exit 0
}
if (-not (Get-Command docker -ErrorAction SilentlyContinue)) {
    Stop-With 78 'Docker Desktop is missing (https://docs.docker.com/desktop/); without it, ./setup.sh in WSL'
}
if ((Invoke-Quietly docker @('info')) -ne 0) { Stop-With 78 'no Docker engine answers: start Docker Desktop' }
Update-EnvFile
$Variables = Read-Variables $EnvFile
$env:COMPOSE_PROFILES = Get-Profiles $Variables @()
if ($Command -eq 'up' -and $Variables['SECURE'] -in '1', 'true', 't', 'yes', 'y', 'on') {
    Stop-With 78 'SECURE=1 is for processes of the machine (./setup.sh --local in WSL); containers want SECURE=0 in .env'
}

switch ($Command) {
    'up' {
        Find-Images $Variables
        Write-Line 'building the images (the first time: some minutes)'
        docker compose build
        if ($LASTEXITCODE -ne 0) { Stop-With 78 'a build failed; its own words are above' }
        Write-Line 'starting the containers, each when what it needs is healthy'
        docker compose up --detach --no-build --remove-orphans
        if ($LASTEXITCODE -ne 0) { Stop-With 69 'the start failed; its own words are above' }
        Write-Line 'waiting for films with TrendScores and forecasts'
        Wait-Ready $Variables
        Show-Films (Get-Films $Variables)
        Show-Addresses $Variables
    }
    'status' {
        if (-not (Get-Containers)) { Write-Line 'not running: ./setup.ps1 starts it'; exit 3 }
        docker compose ps --all
        docker stats --no-stream --format 'table {{.Name}}\t{{.MemUsage}}\t{{.CPUPerc}}'
    }
    'top' {
        do {
            $films = Get-Films $Variables
            if ($Rest -notcontains '--once') { Clear-Host }
            if ($films) { Show-Films $films } else { Write-Output 'no window has closed yet' }
            if ($Rest -notcontains '--once') { Start-Sleep -Seconds 2 }
        } until ($Rest -contains '--once')
    }
    'logs' { docker compose logs --tail 50 @Rest }
    'stop' { docker compose stop }
    'reset' {
        if ($Rest -notcontains '--yes') {
            $answer = Read-Host "Delete all data of TrendScope, in the containers' volumes? [y/N]"
            if ($answer -ne 'y') { exit 1 }
        }
        docker compose down --volumes --remove-orphans
    }
    default { Stop-With 2 "there is no command $Command; there are up, status, top, logs, stop and reset" }
}
exit $LASTEXITCODE
