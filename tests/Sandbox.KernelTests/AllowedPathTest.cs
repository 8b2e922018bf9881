using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Tests of a job host that allows jobs over HTTP the directories of a machine of its own: tests and scratch to bind, out to write to, and so on; secret is nobody's.</summary>
public abstract class AllowedPathTest : KernelTest
{
    private const string Whole = """{ "command": ["true"], MEMBERS }""";

    private protected AllowedPathTest()
    {
        foreach (var directory in new[] { "tests/deep", "scratch", "secret", "out", "out/deep", "policies", "images", "roots" })
        {
            System.IO.Directory.CreateDirectory($"{Directory}/{directory}");
            File.SetUnixFileMode($"{Directory}/{directory}", (UnixFileMode)0b111_111_111);
        }

        File.WriteAllText(Directory + "/tests/deep/in", "input\n");
        File.WriteAllText(Directory + "/secret/key", "secret\n");
        File.WriteAllText(Directory + "/policies/own.json", """{ "extends": "default" }""");
        File.WriteAllText(Directory + "/policies/extends.json", $$"""{ "extends": "{{Directory}}/secret/key" }""");
        File.CreateSymbolicLink(Directory + "/tests/within", "deep/in");
        foreach (var directory in new[] { "tests", "out", "policies", "images", "roots" })
        {
            File.CreateSymbolicLink($"{Directory}/{directory}/out", "../secret");
            File.CreateSymbolicLink($"{Directory}/{directory}/absolute", Directory + "/tests/deep/in");
            File.CreateSymbolicLink($"{Directory}/{directory}/magic", "/proc/self/root/etc");
            using var make = Process.Start("mkfifo", ["-m", "0666", $"{Directory}/{directory}/fifo"]);
            make.WaitForExit();
        }
    }

    // In a directory of its own: no job may bind that of the socket.
    private protected Task<ServedHost> StartAsync(params string[] arguments)
    {
        System.IO.Directory.CreateDirectory(Directory + "/host");
        string[] allowed = [$"bind=ro:{Directory}/tests", $"bind=rw:{Directory}/scratch/", $"bind=rw:{Directory}/out", $"file={Directory}/tests", $"output={Directory}/out", $"policy={Directory}/policies", $"image={Directory}/images", $"rootfs={Directory}/roots"];
        return ServedHost.StartAsync(Directory + "/host", Cancellation, [.. allowed.SelectMany(static what => new[] { "--allow", what }), .. arguments]);
    }

    private protected async Task<JsonElement> PostAsync(ServedHost host, string job)
    {
        using var answer = await host.PostAsync(Here(job), Cancellation);
        var result = await Json(answer);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, result.ToString());
        return result;
    }

    private protected async Task AssertRefusedAsync(string members, string pointer)
    {
        await using var host = await StartAsync();

        using var answer = await host.PostAsync(Here(Whole.Replace("MEMBERS", members, StringComparison.Ordinal)), Cancellation);
        var problem = await Json(answer);

        Assert.True(answer.StatusCode == HttpStatusCode.Forbidden, problem.ToString());
        Assert.Equal(pointer, problem.GetProperty("problems")[0].GetProperty("pointer").GetString());
    }

    private protected string Here(string job) => job.Replace("DIR", Directory, StringComparison.Ordinal);

    private protected static async Task<JsonElement> Json(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Cancellation)).RootElement;

    /// <summary>A root directory of busybox, in which a file says what it is.</summary>
    private protected string MakeRoot(string name)
    {
        var root = $"{Directory}/roots/{name}";
        System.IO.Directory.CreateDirectory(root + "/bin");
        System.IO.Directory.CreateDirectory(root + "/data");
        File.Copy("/bin/busybox", root + "/bin/busybox", overwrite: true);
        File.WriteAllText(root + "/data/says", name + "\n");
        return root;
    }
}
