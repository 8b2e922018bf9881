using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Jobs in a network that is there for one test.</summary>
public abstract class SharedNetworkTest : KernelTest
{
    private protected const string Net = "test-net";

    private const string Variable = "XDG_RUNTIME_DIR";

    private readonly string? _before = Environment.GetEnvironmentVariable(Variable);

    private protected SharedNetworkTest()
    {
        File.SetUnixFileMode(Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable(Variable, Directory);
        SharedNetworks.Create(Net, endsWithLastJob: false);
    }

    private protected override void End()
    {
        foreach (var network in SharedNetworks.List())
        {
            SharedNetworks.Remove(network.Name);
        }

        Environment.SetEnvironmentVariable(Variable, _before);
    }

    private protected static JobSpec Member(string? name, params string[] arguments) => Probe.Job("join", arguments) with { Network = Network.Join(Net, name) };

    private protected static JobSpec At(string address, JobSpec job) => job with { Network = (JoinedNetwork)job.Network with { Address = address } };

    private protected static void AssertRefused(string pointer, string errno, JobResult result)
    {
        AssertVerdict(Verdict.SetupError, result);
        Assert.Equal((pointer, errno), (result.Error!.Pointer, result.Error.Errno));
    }

    private protected static async Task AwaitAsync(Func<bool> isSo)
    {
        for (var tried = 0; tried < 600 && !isSo(); tried++)
        {
            await Task.Delay(50, Cancellation);
        }

        Assert.True(isSo());
    }

    private protected Task<CommandRun> Shell(string script) => CommandRun.ShellInAsync(Directory, script, Cancellation);
}
