using System.Text.Json;

namespace Sandbox.KernelTests;

/// <summary>Writes job.json files for the runs that go through the command.</summary>
internal static class JobFiles
{
    /// <summary>A job with one probe in an empty root, as the text of a job file; more members can be added.</summary>
    public static string Text(string[] command, string more = "") =>
        $$"""
        {
          "command": {{JsonSerializer.Serialize(command)}},
          "rootfs": "empty",
          "mounts": [ { "type": "bind", "source": {{JsonSerializer.Serialize(Probe.Directory)}}, "target": "/probes" } ]{{(more.Length > 0 ? ", " + more : "")}}
        }
        """;

    /// <summary>The same, written to a file in this directory.</summary>
    public static string Write(string directory, string[] command, string more = "")
    {
        var path = Path.Combine(directory, "job.json");
        File.WriteAllText(path, Text(command, more));
        return path;
    }
}
