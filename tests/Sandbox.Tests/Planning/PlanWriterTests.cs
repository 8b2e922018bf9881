using System.Text;
using Sandbox.Interop;
using Sandbox.Planning;
using Sandbox.Planning.Steps;
using Sandbox.Text;
using Xunit;

namespace Sandbox.Tests.Planning;

public sealed class PlanWriterTests
{
    private static readonly SandboxPlan s_plan = Plans.Of(
        """
        {
          "command": ["cc", "ünï.c"],
          "env": { "A": "1" },
          "mounts": [ { "type": "bind", "source": "/jobs/data", "target": "/data", "noexec": true, "optional": true } ],
          "files": {
            "/work/a": { "text": "seven b" },
            "/work/b": { "from": "main.py", "mode": "0700" },
            "/work/c": { "text": "" }
          },
          "limits": { "wallTime": "1500ms" },
          "outputs": [ { "path": "/work/a.out", "to": "./a.out" } ]
        }
        """);

    private readonly byte[] _bytes = PlanWriter.Write(s_plan);

    private WirePlan Wire => new(_bytes);

    [Fact]
    public void The_header_is_that_of_version_10()
    {
        Assert.Equal("SBXPLAN1", Encoding.ASCII.GetString(_bytes, 0, 8));
        Assert.Equal(15u, Wire.Version);
        Assert.Equal((uint)_bytes.Length, Wire.Size);
        Assert.Equal(s_plan.Steps.Count, Wire.StepCount);
        Assert.Equal(80, Wire.StepOffset);
        Assert.Equal(1u, Wire.Flags);
        Assert.Equal(1u, Wire.ExtraDescriptors);
        Assert.Equal(1_500_000_000ul, Wire.WallNanoseconds);
        Assert.Equal(30_000_000_000ul, Wire.SetupNanoseconds);
        Assert.Equal(1001u, Wire.HostUid);
        Assert.Equal(1002u, Wire.HostGid);
    }

    [Fact]
    public void Every_area_lies_within_the_plan_and_overlaps_no_other()
    {
        Assert.Equal(Wire.StepOffset + (56 * Wire.StepCount), Wire.TextOffset);
        Assert.InRange(Wire.BlobOffset, Wire.TextOffset + Wire.TextSize, Wire.TextOffset + Wire.TextSize + 7);
        Assert.Equal(0, Wire.BlobOffset % 8);
        Assert.Equal(_bytes.Length, Wire.BlobOffset + Wire.BlobSize);
    }

    [Fact]
    public void The_text_begins_and_ends_with_a_null()
    {
        Assert.Equal(0, Wire.Text[0]);
        Assert.Equal(0, Wire.Text[^1]);
    }

    [Fact]
    public void Every_offset_of_a_step_is_in_bounds()
    {
        for (var step = 0; step < Wire.StepCount; step++)
        {
            Assert.InRange(Wire.OffsetA(step), 0u, (uint)Wire.TextSize - 1);
            Assert.InRange(Wire.OffsetB(step), 0u, (uint)Wire.TextSize - 1);
            Assert.InRange(Wire.Descriptor(step), -1, (int)Wire.ExtraDescriptors - 1);
            Assert.Equal(0u, Wire.Reserved(step));
        }
    }

    [Fact]
    public void Kinds_and_phases_are_those_of_the_steps_in_order()
    {
        for (var step = 0; step < Wire.StepCount; step++)
        {
            Assert.Equal((ushort)s_plan.Steps[step].Fields.Kind, Wire.Kind(step));
            Assert.Equal((ushort)s_plan.Steps[step].Phase, Wire.Phase(step));
        }
    }

    [Fact]
    public void A_bind_has_source_target_and_flags()
    {
        var step = IndexOf<BindStep>(bind => bind.Target == "/data");

        Assert.Equal("/jobs/data", Wire.A(step));
        Assert.Equal("/data", Wire.B(step));
        Assert.Equal(0b111u, Wire.StepFlags(step));
        Assert.Equal(-1, Wire.Descriptor(step));
    }

    [Fact]
    public void A_file_carries_its_bytes_or_a_descriptor()
    {
        var inline = IndexOf<FileStep>(file => file.Target == "/work/a");
        var passed = IndexOf<FileStep>(file => file.Target == "/work/b");
        var empty = IndexOf<FileStep>(file => file.Target == "/work/c");

        Assert.Equal("seven b"u8.ToArray(), Wire.Blob(Wire.Value(inline, 1), Wire.Value(inline, 2)));
        Assert.Equal(0x1A4ul, Wire.Value(inline, 0));
        Assert.Equal(0ul, Wire.Value(inline, 1) % 8);
        Assert.Equal(0, Wire.Descriptor(passed));
        Assert.Equal(0x1C0ul, Wire.Value(passed, 0));
        Assert.Equal(0ul, Wire.Value(empty, 2));
    }

    [Fact]
    public void The_filter_is_the_policy_byte_for_byte()
    {
        var step = IndexOf<SeccompStep>(_ => true);

        Assert.Equal(0ul, Wire.Value(step, 0) % 8);
        Assert.Equal(Plans.Policy.Program.ToArray(), Wire.Blob(Wire.Value(step, 0), Wire.Value(step, 1)));
    }

    [Fact]
    public void Exec_has_words_and_their_numbers()
    {
        var step = Wire.StepCount - 1;

        Assert.Equal(["cc", "ünï.c"], Wire.Words(Wire.OffsetA(step), Wire.Value(step, 0)));
        Assert.Equal(
            ["A=1", "HOME=/work", "LANG=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR=/tmp"],
            Wire.Words(Wire.OffsetB(step), Wire.Value(step, 1)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_limit_is_written_soft_and_hard()
    {
        var step = IndexOf<RlimitStep>(limit => limit.Resource == Rlimit.Nproc);

        Assert.Equal([6ul, 128ul, 128ul, 0ul], Enumerable.Range(0, 4).Select(value => Wire.Value(step, value)));
    }

    [Fact]
    public void A_lifted_wall_time_is_zero()
    {
        var wire = new WirePlan(PlanWriter.Write(s_plan with { WallTime = null }));

        Assert.Equal(0ul, wire.WallNanoseconds);
    }

    [Fact]
    public void A_time_the_launcher_would_refuse_is_capped()
    {
        var wire = new WirePlan(PlanWriter.Write(s_plan with { WallTime = TimeSpan.MaxValue }));

        Assert.InRange(wire.WallNanoseconds, 1ul, 100 * 31_557_600_000_000_000ul);
    }

    [Fact]
    public void A_word_with_a_null_is_refused()
    {
        var broken = s_plan with { Steps = [new HostnameStep("a\0b", null)] };

        Assert.Throws<ArgumentException>(() => PlanWriter.Write(broken));
    }

    [Fact]
    public void A_plan_the_launcher_would_refuse_for_its_size_names_the_files()
    {
        var large = s_plan with { Steps = [new FileStep("/work/a", "") { Content = new byte[PlanWriter.MaxBytes] }] };

        var refused = Assert.Throws<InvalidJobException>(() => PlanWriter.Write(large));

        Assert.Equal("/files", Assert.Single(refused.Problems).Pointer);
    }

    private static int IndexOf<T>(Func<T, bool> matches) =>
        Enumerable.Range(0, s_plan.Steps.Count).Single(index => s_plan.Steps[index] is T step && matches(step));
}
