using System.Text;
using Sandbox.Execution;
using Sandbox.Execution.Streams;
using Sandbox.Interop;
using Xunit;

namespace Sandbox.Tests.Execution;

public sealed class OutputPipeTests
{
    [Fact]
    public void A_job_whose_reader_went_away_is_told_as_any_writer_is()
    {
        Assert.Equal(0, Libc.Pipe(weRead: true, out var reader, out var writer));
        using var pipe = new OutputPipe(new DescriptorSink(writer, mayBlock: true), limit: null);
        reader.Dispose();

        Pump(pipe, "lost");

        Assert.True(pipe.Finished);
        Assert.Equal(0, pipe.Error);
        Assert.Equal(-Errno.EPIPE, Libc.WriteAll(pipe.JobEnd!, "more"u8));
    }

    [Fact]
    public void A_destination_that_is_full_ends_the_stream_with_the_reason()
    {
        Assert.Equal(0, Libc.OpenReadWrite("/dev/full\0"u8, out var full));
        using var pipe = new OutputPipe(new DescriptorSink(full, mayBlock: false), limit: null);

        Pump(pipe, "lost");

        Assert.True(pipe.Finished);
        Assert.Equal("ENOSPC", Errno.Name(-pipe.Error));
        Assert.Equal(-Errno.EPIPE, Libc.WriteAll(pipe.JobEnd!, "more"u8));
    }

    private static void Pump(OutputPipe pipe, string text)
    {
        Assert.Equal(0, Libc.WriteAll(pipe.JobEnd!, Encoding.UTF8.GetBytes(text)));
        var buffer = new byte[4096];

        // The first turn reads, the second delivers what had to wait for the consumer.
        pipe.Pump(buffer);
        if (!pipe.Finished)
        {
            pipe.Pump(buffer);
        }
    }
}
