using System.Diagnostics;
using System.Text;
using Xunit;

namespace Sandbox.KernelTests;

/// <summary>Steps that need not run, and what is left of those that were killed.</summary>
public sealed class StepCacheTests : StoreTest
{
    [KernelFact(tool: "gcc")]
    public async Task A_program_is_compiled_once_while_its_source_and_tools_are_the_same()
    {
        var source = Directory + "/main.c";
        await File.WriteAllTextAsync(source, "#include <stdio.h>\nint main(void) { return puts(\"one\") < 0; }\n", Cancellation);
        var first = await RunAsync(source);
        var second = await RunAsync(source);
        await File.WriteAllTextAsync(source, "#include <stdio.h>\nint main(void) { return puts(\"two\") < 0; }\n", Cancellation);
        var third = await RunAsync(source);

        Assert.All([first, second, third], static result => Assert.True(result.Verdict == Verdict.Ok, result.Message));
        Assert.Equal((false, true, false), (first.Steps[0].Cached, second.Steps[0].Cached, third.Steps[0].Cached));
        Assert.Equal(["one\n", "one\n", "two\n"], new[] { first, second, third }.Select(static result => Out(result.Steps[1].Result!)));
        Assert.Equal(first.Steps[0].Kept["program"], second.Steps[0].Kept["program"]);
    }

    // What a job puts into the store is named by what it is: it cannot stand for what another one is to get.
    [KernelFact]
    public async Task A_job_that_stores_what_it_likes_changes_no_result()
    {
        const string Compile = """{ "name": "c", "job": { "command": ["sh", "-c", "echo good > p"], "rootfs": "host" }, "keep": { "p": "/work/p" }, "cache": { "tools": ["/usr/bin/env"] } }""";
        var first = await RunAsync($"[ {Compile} ]", "");

        await RunAsync("""
            [ { "name": "c", "job": { "command": ["sh", "-c", "echo evil > p; echo evil > q"], "outputs": [ { "path": "/work/q", "to": "store" } ] }, "keep": { "p": "/work/p" } } ]
            """, "");
        var again = await RunAsync($"[ {Compile} ]", "");

        Assert.True(again.Steps[0].Cached);
        Assert.Equal(first.Steps[0].Kept["p"], again.Steps[0].Kept["p"]);
        await using var kept = await new FileStore(StoreLocation).OpenReadAsync(again.Steps[0].Kept["p"], Cancellation);
        Assert.Equal("good\n", await new StreamReader(kept).ReadToEndAsync(Cancellation));
    }

    [KernelFact]
    public async Task A_job_cannot_write_where_results_are_remembered()
    {
        await RunAsync("""[ { "name": "c", "job": { "command": ["true"] }, "cache": { "tools": ["/usr/bin/env"] } } ]""", "");
        Assert.NotEmpty(System.IO.Directory.GetFiles(StoreLocation + "/steps"));

        var refused = await Assert.ThrowsAsync<InvalidJobException>(() =>
            RunStoredAsync(Probe.Tool("/bin/sh", "-c", "true") with { Mounts = [Mount.Bind(StoreLocation + "/steps", "/steps", writable: true)] }));

        Assert.Contains("the job could write to", Assert.Single(refused.Problems).Message, StringComparison.Ordinal);
    }

    [KernelFact]
    public async Task What_a_killed_command_has_left_the_next_one_removes()
    {
        var passing = Directory + "/passing";
        System.IO.Directory.CreateDirectory(passing);
        string Job(string command) => $$"""{ "steps": [ { "name": "s", "job": { "command": ["sh", "-c", "{{command}}"] }, "keep": { "f": "/work/f" } } ] }""";
        await File.WriteAllTextAsync(Directory + "/long.json", Job("echo x > f; sleep 60"), Cancellation);
        await File.WriteAllTextAsync(Directory + "/short.json", Job("echo x > f"), Cancellation);
        ProcessStartInfo Command(string job) => new(Probe.CommandLine, ["exec", "--server", "none", $"{Directory}/{job}.json"])
        {
            RedirectStandardOutput = true,
            Environment = { ["TMPDIR"] = passing, ["SANDBOX_STORE"] = StoreLocation },
        };
        using var killed = Process.Start(Command("long"))!;
        using var held = Process.Start(Command("long"))!;
        while (System.IO.Directory.GetDirectories(passing, "sandbox-steps-*").Length < 2)
        {
            await Task.Delay(10, Cancellation);
        }

        killed.Kill();
        await killed.WaitForExitAsync(Cancellation);
        Assert.Equal(2, System.IO.Directory.GetDirectories(passing, "sandbox-steps-*").Length);
        using (var next = Process.Start(Command("short"))!)
        {
            Assert.Contains("\"verdict\":\"ok\"", await next.StandardOutput.ReadToEndAsync(Cancellation), StringComparison.Ordinal);
            await next.WaitForExitAsync(Cancellation);
        }

        Assert.Single(System.IO.Directory.GetDirectories(passing, "sandbox-steps-*"));
        held.Kill();
        await held.WaitForExitAsync(Cancellation);
    }

    [KernelFact]
    public async Task An_output_that_the_store_does_not_take_is_an_output_error()
    {
        var job = Probe.Tool("/bin/sh", "-c", "echo x > /work/f") with { Outputs = [new() { Path = "/work/f", To = OutputSpec.Store }] };

        var stored = await RunStoredAsync(job);
        using var runner = new SandboxRunner(new() { Store = "/proc/nowhere" });
        var refused = await runner.RunAsync(job, Cancellation);

        Assert.Equal((Verdict.Ok, OutputSpec.Store), (stored.Verdict, Assert.Single(stored.Outputs).To));
        Assert.Equal((Verdict.OutputError, 0), (refused.Verdict, refused.Outputs.Count));
        Assert.Contains("cannot be stored", Assert.Single(refused.OutputErrors).Error, StringComparison.Ordinal);
    }

    private Task<StepsResult> RunAsync(string source) => RunAsync("""
        [ { "name": "compile", "job": { "command": ["gcc", "-o", "main", "main.c"], "files": { "/work/main.c": { "from": "SOURCE" } }, "seccomp": "build" },
            "keep": { "program": "/work/main" }, "cache": { "tools": ["/usr/bin/gcc", "/usr/lib/gcc", "/usr/include"] } },
          { "name": "run", "job": { "command": ["/work/main"] }, "use": { "/work/main": "compile/program" } } ]
        """, source);

    private async Task<StepsResult> RunAsync(string steps, string source)
    {
        var text = $$"""{ "steps": {{steps.Replace("SOURCE", source, StringComparison.Ordinal)}} }""";
        return Assert.IsType<StepsResult>(await StoreRunner.RunDocumentAsync(JobFile.ParseDocument(Encoding.UTF8.GetBytes(text), "/"), Cancellation));
    }
}
