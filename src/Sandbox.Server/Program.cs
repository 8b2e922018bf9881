using System.Runtime.InteropServices;
using Sandbox;
using Sandbox.Server;
using Sandbox.Server.Access;
using Sandbox.Server.Fronts.Runtimes;
using Sandbox.Server.Listening;
using Sandbox.Server.Logging;
using Sandbox.Server.Settings;
using Sandbox.Server.Settings.Explaining;
using Sandbox.Server.Systemd;

const int Usage = 2;
const int Refused = 3;

using var manager = NotifySocket.Take();
var log = ServerLog.OfProcess();
if (args is [RuntimesCommand.Word, .. var words])
{
    return await RuntimesCommand.RunAsync(words, line => log.Say(line, LinePriority.Error));
}

if (args is [ExplainCommand.Option, .. var others])
{
    return ExplainCommand.Run(others, Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().Select(static variable => new KeyValuePair<string, string>((string)variable.Key, (string?)variable.Value ?? "")), Console.WriteLine);
}

var (settings, found) = SettingsReader.Read(args, Environment.GetEnvironmentVariable);
var problems = found.ToList();
var credentials = Credentials.Read(settings, Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY"), problems.Add);
if (problems.Count > 0)
{
    problems.ForEach(problem => log.Say(problem, LinePriority.Error));
    return Usage;
}

var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var hungUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Renew);
try
{
    using var sockets = ListeningSockets.Open(settings, PassedSockets.Take());
    foreach (var entrance in sockets.Entrances.Where(entrance => entrance is { IsLocal: false, Front: not { NeedsNoToken: true } }))
    {
        if (!credentials.AreAsked && !(entrance.Front is { } front && settings.AsksForOwnToken(front)))
        {
            log.Say($"{entrance.Name}: others than this machine can connect there: it needs --token-file or --tls-client-ca", LinePriority.Error);
            return Usage;
        }

        if (credentials.Tls is null)
        {
            log.Say($"{entrance.Name}: tokens cross the network as they are, unless something before this server speaks TLS: --tls-certificate", LinePriority.Warning);
        }
    }

    await JobServer.RunAsync(settings, sockets, credentials, log, manager, stop.Task);
    return 0;
}
catch (IOException failure)
{
    log.Say(failure.Message, LinePriority.Error);
    return Refused;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.TrySetResult();
}

void Renew(PosixSignalContext context)
{
    context.Cancel = true;
    var wrong = credentials.Renew();
    foreach (var problem in wrong)
    {
        log.Say(problem, LinePriority.Error);
    }

    log.Say(wrong.Count == 0 ? "the credentials were read again" : "the credentials stay as they were", wrong.Count == 0 ? LinePriority.Notice : LinePriority.Error);
}
