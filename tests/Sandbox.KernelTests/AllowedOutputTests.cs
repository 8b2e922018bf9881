using System.Text.Json;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>What a job host writes to the machine for jobs over HTTP: only below what its configuration allows, whatever a job or its sender puts in the way.</summary>
public sealed class AllowedOutputTests : AllowedPathTest
{
    [KernelFact]
    public async Task What_a_job_writes_goes_where_output_allows()
    {
        await using var host = await StartAsync();

        var result = await PostAsync(host, """
            { "command": ["sh", "-c", "echo said; echo told >&2; mkdir /work/d; echo made >/work/d/f"], "stdout": { "to": "DIR/out/stdout" }, "stderr": { "to": "DIR/out/deep/stderr" },
              "outputs": [ { "path": "/work/d/f", "to": "DIR/out/a\nb" }, { "path": "/work/**", "to": "DIR/out/deep/" } ] }
            """);

        Assert.True(result.GetProperty("verdict").GetString() == "ok", result.ToString());
        Assert.Equal(("said\n", "told\n", "made\n", "made\n"), (Read("out/stdout"), Read("out/deep/stderr"), Read("out/a\nb"), Read("out/deep/d/f")));
        Assert.Equal([$"{Directory}/out/a\nb", $"{Directory}/out/deep/d/f"], result.GetProperty("outputs").EnumerateArray().Select(static output => output.GetProperty("to").GetString()));
    }

    [KernelFact]
    public async Task What_changed_in_a_root_is_told_there_too()
    {
        _ = MakeRoot("one");
        await using var host = await StartAsync();

        var result = await PostAsync(host, """
            { "command": ["/bin/busybox", "true"], "rootfs": { "directory": "DIR/roots/one", "writable": true }, "diff": { "to": "DIR/out/changes.tar" } }
            """);

        Assert.True(result.GetProperty("verdict").GetString() == "ok", result.ToString());
        Assert.True(File.Exists(Directory + "/out/changes.tar"), result.ToString());
    }

    [KernelTheory]
    [InlineData("\"stdout\": { \"to\": \"DIR/scratch/x\" }", "/stdout")]
    [InlineData("\"stdout\": { \"to\": \"DIR/out/out/x\" }", "/stdout")]
    [InlineData("\"stdout\": { \"to\": \"DIR/out/../secret/x\" }", "/stdout")]
    [InlineData("\"stderr\": { \"to\": \"DIR/out/missing/x\" }", "/stderr")]
    [InlineData("\"stderr\": { \"to\": \"DIR/out/magic/x\" }", "/stderr")]
    [InlineData("\"stderr\": { \"to\": \"/dev/stderr\" }", "/stderr")]
    [InlineData("\"outputs\": [ { \"path\": \"/work/a\", \"to\": \"DIR/outside/x\" } ]", "/outputs/0/to")]
    [InlineData("\"outputs\": [ { \"path\": \"/work/a\", \"to\": \"store\" }, { \"path\": \"/work/a\", \"to\": \"DIR/out/out/\" } ]", "/outputs/1/to")]
    [InlineData("\"outputs\": [ { \"path\": \"/work/a\", \"to\": \"DIR/out/fifo/x\" } ]", "/outputs/0/to")]
    [InlineData("\"outputs\": [ { \"path\": \"/work/a\", \"to\": \"/proc/self/cwd/x\" } ]", "/outputs/0/to")]
    [InlineData("\"diff\": { \"to\": \"DIR/tests/x.tar\" }", "/diff/to")]
    public async Task Nothing_is_written_elsewhere(string members, string pointer) => await AssertRefusedAsync(members, pointer);

    // A job with a writable bind has planted it, or the administrator has.
    [KernelTheory]
    [InlineData("\"stdout\": { \"to\": \"DIR/out/name\" }")]
    [InlineData("\"outputs\": [ { \"path\": \"/work/f\", \"to\": \"DIR/out/name\" } ]")]
    public async Task A_link_with_the_name_of_an_output_is_replaced_and_not_followed(string members)
    {
        await using var host = await StartAsync();
        File.CreateSymbolicLink(Directory + "/out/name", "../secret/key");

        var result = await PostAsync(host, $$"""{ "command": ["sh", "-c", "echo mine; echo mine >/work/f"], {{members}} }""");

        Assert.True(result.GetProperty("verdict").GetString() == "ok", result.ToString());
        Assert.Equal(("mine\n", "secret\n", null), (Read("out/name"), Read("secret/key"), new FileInfo(Directory + "/out/name").LinkTarget));
    }

    [KernelTheory]
    [InlineData("\"stdout\": { \"to\": \"DIR/out/fifo\" }", "/stdout/to")]
    [InlineData("\"stderr\": { \"to\": \"DIR/out/deep/..\" }", "/stderr/to")]
    [InlineData("\"outputs\": [ { \"path\": \"/work/f\", \"to\": \"DIR/out/fifo\" } ]", "/outputs/0/to")]
    [InlineData("\"outputs\": [ { \"path\": \"/work/f\", \"to\": \"DIR/out/deep\" } ]", "/outputs/0/to")]
    public async Task What_is_no_file_is_neither_written_to_nor_replaced(string members, string pointer)
    {
        await using var host = await StartAsync();

        var result = await PostAsync(host, $$"""{ "command": ["sh", "-c", "echo mine; echo mine >/work/f"], {{members}} }""");

        Assert.True(result.GetProperty("verdict").GetString() == "setup-error", result.ToString());
        Assert.Equal(pointer, result.GetProperty("error").GetProperty("pointer").GetString());
        Assert.True(System.IO.Directory.Exists(Directory + "/out/deep") && File.GetAttributes(Directory + "/out/fifo") is not FileAttributes.Directory && new FileInfo(Directory + "/out/fifo").Length == 0);
    }

    // The job itself puts a link in the place of the directory while it runs; the server has that directory, and not its path.
    [KernelTheory]
    [InlineData("\"outputs\": [ { \"path\": \"/work/f\", \"to\": \"DIR/out/deep/key\" } ]")]
    [InlineData("\"outputs\": [ { \"path\": \"/work/*\", \"to\": \"DIR/out/deep/\" } ]")]
    [InlineData("\"stdout\": { \"to\": \"DIR/out/deep/key\" }")]
    public async Task A_job_that_moves_the_directory_away_gets_nothing_written_elsewhere(string members)
    {
        await using var host = await StartAsync();

        var result = await PostAsync(host, $$"""
            { "command": ["sh", "-c", "echo mine >/work/key; cp /work/key /work/f; mv /t/deep /t/away && ln -s ../secret /t/deep && echo mine"],
              "mounts": [ { "type": "bind", "source": "DIR/out", "target": "/t", "writable": true } ], {{members}} }
            """);

        Assert.True(result.GetProperty("verdict").GetString() is "ok" or "output-missing" or "output-error", result.ToString());
        Assert.Contains("moved, removed or replaced", result.ToString(), StringComparison.Ordinal);
        Assert.Equal(("secret\n", 1), (Read("secret/key"), System.IO.Directory.GetFileSystemEntries(Directory + "/secret").Length));
    }

    [KernelFact]
    public async Task What_the_server_keeps_of_other_jobs_is_no_place_for_outputs()
    {
        await using var host = await StartAsync("--state", Directory + "/out/state");

        using var answer = await host.PostAsync(Here("""{ "command": ["true"], "outputs": [ { "path": "/work/f", "to": "DIR/out/state/jobs/x.queued" } ] }"""), Cancellation);

        Assert.Equal("/outputs/0/to", (await Json(answer)).GetProperty("problems")[0].GetProperty("pointer").GetString());
    }

    private string Read(string file) => File.ReadAllText($"{Directory}/{file}");
}
