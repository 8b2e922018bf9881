using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using Sandbox.Execution;
using Sandbox.Host;
using Sandbox.Interop;
using Sandbox.Resources;
using Sandbox.Resources.Networks;

namespace Sandbox.Doctor;

/// <summary>Finds out which of a job's requirements the host meets, by trying each in throw-away processes.</summary>
internal static class HostRequirements
{
    /// <summary>Tries everything with the launcher that jobs would use; about a tenth of a second on a healthy host.</summary>
    /// <exception cref="OperationCanceledException">It was given up; the processes are gone.</exception>
    public static HostReport Probe(SandboxOptions? options, CancellationToken cancellationToken)
    {
        var facts = new HostFactsReader(new HostFiles()).Read();
        var results = Climb(options?.LauncherPath, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        return HostClassifier.Classify(facts, results, CgroupTrial.Run(HostResources.Named(options ?? new())));
    }

    private static IReadOnlyList<ProbeResult> Climb(string? installedPath, CancellationToken cancellationToken)
    {
        if (installedPath is not null)
        {
            return RunLauncher(installedPath, cancellationToken);
        }

        try
        {
            using var binary = LauncherBinary.Open();
            return RunLauncher($"/proc/self/fd/{binary.DangerousGetHandle()}", cancellationToken);
        }
        catch (SandboxException failure) when (failure.Errno is not null)
        {
            return [new ProbeResult { Probe = HostProbe.MemfdExec, Error = Errno.Number(failure.Errno) }];
        }
    }

    private static IReadOnlyList<ProbeResult> RunLauncher(string launcherPath, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(launcherPath, "doctor") { RedirectStandardOutput = true };
        start.Environment.Clear();
        start.Environment["SANDBOX_DOCTOR_REDIRECT"] = Convert.ToHexStringLower(EgressRules.Redirect(AddressFamily.InterNetwork));
        try
        {
            using var launcher = Process.Start(start)!;
            using var end = cancellationToken.Register(launcher.Kill);
            using var records = new MemoryStream();
            launcher.StandardOutput.BaseStream.CopyTo(records);
            launcher.WaitForExit();
            return ProbeReader.Read(records.ToArray());
        }
        catch (Win32Exception failure)
        {
            // The launcher is a file in memory; that it cannot be executed is itself the finding.
            return [new ProbeResult { Probe = HostProbe.MemfdExec, Error = failure.NativeErrorCode }];
        }
    }
}
