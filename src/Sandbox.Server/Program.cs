using System.Runtime.InteropServices;
using Sandbox.Server;
using Sandbox.Server.Listening;
using Sandbox.Server.Settings;

const int Usage = 2;
const int Refused = 3;

var (settings, problems) = SettingsReader.Read(args, Environment.GetEnvironmentVariable);
if (problems.Count > 0)
{
    foreach (var problem in problems)
    {
        Say(problem);
    }

    return Usage;
}

var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
var listeners = new List<UnixListener>();
try
{
    foreach (var path in settings.Sockets.Count > 0 ? settings.Sockets : [DefaultSocket.Path(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"))])
    {
        try
        {
            listeners.Add(UnixListener.Open(path));
        }
        catch (IOException failure)
        {
            throw new IOException($"cannot listen on {Sandbox.DisplayText.Quote(path)}: {failure.Message}", failure);
        }
    }

    await JobServer.RunAsync(settings, listeners, Say, stop.Task);
    return 0;
}
catch (IOException failure)
{
    Say(failure.Message);
    return Refused;
}
finally
{
    listeners.ForEach(static listener => listener.Dispose());
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.TrySetResult();
}

static void Say(string line) => Console.Error.WriteLine("sandbox serve: " + line);
