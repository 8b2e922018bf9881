using Sandbox.Server.Jobs;
using Sandbox.Server.Settings;
using Xunit;

namespace Sandbox.Tests.Server.Fronts;

/// <summary>What must hold of whatever another API's request becomes.</summary>
internal static class TranslatedJob
{
    /// <summary>It names nothing of the machine but files below the directory that is allowed, and has no more than the maxima once it was let in.</summary>
    /// <returns>It may run.</returns>
    public static bool Holds(JobDocument job, ServerSettings settings, string allowed)
    {
        foreach (var part in job.Parts().Select(static part => part.Job))
        {
            Assert.Equal((Network.None, default, false, 0, 0), (part.Network, part.Capabilities, part.SubIds, part.Devices.Count, part.Ports.Count));
            Assert.IsType<HostRootfs>(part.Rootfs);
            Assert.IsType<NamedPolicy>(part.Seccomp);
            Assert.All(part.Mounts, static mount => Assert.True(mount is TmpfsMount or SymlinkMount));
            Assert.All(part.Outputs, static output => Assert.True(output.To is OutputSpec.Store or OutputSpec.Memory));
            Assert.True(part.Stdout is not (FileOutput or InheritStream) && part.Stderr is not (FileOutput or InheritStream) && part.Stdin is not InheritStdin);
            Assert.All(
                part.Files.Select(static file => file.Content).Append((part.Stdin as ContentStdin)?.Content).OfType<FileContent>(),
                file => Assert.StartsWith(allowed + "/", file.Path, StringComparison.Ordinal));
        }

        try
        {
            JobFile.ValidateDocument(job);
        }
        catch (InvalidJobException)
        {
            return false;
        }

        if (JobIntake.Bound(job, settings).Job is not { } bound)
        {
            return false;
        }

        Assert.All(bound.Parts(), part => Assert.True(
            part.Job.Limits.MemoryBytes <= settings.Maximum.MemoryBytes && part.Job.Limits.WallTime <= settings.Maximum.WallTime && part.Job.Limits.CpuTime <= settings.Maximum.CpuTime
            && part.Job.Limits.Processes <= settings.Maximum.Processes && part.Job.Limits.OutputBytes <= settings.Maximum.OutputBytes && part.Job.Limits.DiskBytes <= settings.Maximum.DiskBytes));
        return true;
    }
}
