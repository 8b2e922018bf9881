using Xunit;

namespace Sandbox.Tests.Jobs;

public sealed class ActivityWriterTests
{
    [Fact]
    public void What_a_job_did_with_block_devices_is_written_in_bytes_and_requests()
    {
        var io = new IoUsage { ReadBytes = 4096, WrittenBytes = 512, Reads = 3, Writes = 1 };

        var json = Results.Read(Results.Plain with { Io = io }).GetProperty("io");

        Assert.Equal("""{"readBytes":4096,"writtenBytes":512,"reads":3,"writes":1}""", json.GetRawText());
    }

    [Fact]
    public void What_a_job_waited_for_is_written_in_milliseconds()
    {
        var pressure = new PressureUsage { Cpu = TimeSpan.FromMicroseconds(1500), Memory = TimeSpan.FromTicks(20_001), Io = TimeSpan.Zero };

        var json = Results.Read(Results.Plain with { Pressure = pressure }).GetProperty("pressure");

        Assert.Equal("""{"cpuMs":1.5,"memoryMs":2,"ioMs":0}""", json.GetRawText());
    }

    [Fact]
    public void Forks_refused_at_the_limit_are_written_where_they_are_counted()
    {
        var counted = Results.Read(Results.Plain with { ProcessesPeak = 64, ProcessesRefused = 7 }).GetProperty("processes");
        var none = Results.Read(Results.Plain with { ProcessesPeak = 64, ProcessesRefused = 0 }).GetProperty("processes");

        Assert.Equal(("""{"peak":64,"refused":7}""", """{"peak":64,"refused":0}"""), (counted.GetRawText(), none.GetRawText()));
    }

    [Fact]
    public void Forks_that_nobody_counts_are_absent() =>
        Assert.False(Results.Read(Results.Plain).GetProperty("processes").TryGetProperty("refused", out _));

    [Theory]
    [InlineData("io")]
    [InlineData("pressure")]
    public void What_the_kernel_does_not_tell_is_absent(string member)
    {
        var json = Results.Read(Results.Plain);

        Assert.False(json.TryGetProperty(member, out _));
    }
}
