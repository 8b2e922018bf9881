using Sandbox.Cli.Batch;
using Xunit;

namespace Sandbox.Tests.Cli.Batch;

public sealed class ResultOrderTests
{
    private readonly List<long> _seen = [];

    [Theory]
    [InlineData(true, "0 1 2 3")]
    [InlineData(false, "2 0 3 1")]
    public void Results_come_in_the_order_that_was_asked_for(bool isByInput, string expected)
    {
        var order = Order(isByInput);

        foreach (var index in new long[] { 2, 0, 3, 1 })
        {
            order.Add(BatchResults.Outcome(index));
        }

        Assert.Equal(expected, string.Join(' ', _seen));
    }

    [Fact]
    public void What_waits_for_a_job_that_was_given_up_comes_at_the_end()
    {
        var order = Order(isByInput: true);
        order.Add(BatchResults.Outcome(2));
        order.Add(BatchResults.Outcome(1));
        Assert.Empty(_seen);

        order.Finish();

        Assert.Equal([1, 2], _seen);
    }

    [Fact]
    public async Task Behind_too_much_only_the_job_that_all_wait_for_is_started()
    {
        var order = Order(isByInput: true);
        order.Add(BatchResults.Outcome(1, (int)ResultOrder.MaxWaitingBytes));

        var next = order.WaitForRoomAsync(0, TestContext.Current.CancellationToken);
        var later = order.WaitForRoomAsync(2, TestContext.Current.CancellationToken);

        Assert.True(next.IsCompletedSuccessfully);
        Assert.False(later.IsCompleted);
        order.Add(BatchResults.Outcome(0));
        await later.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        Assert.Equal([0, 1], _seen);
    }

    [Fact]
    public async Task A_job_that_waits_for_room_can_be_given_up()
    {
        using var cancellation = new CancellationTokenSource();
        var order = Order(isByInput: true);
        order.Add(BatchResults.Outcome(1, (int)ResultOrder.MaxWaitingBytes));
        var later = order.WaitForRoomAsync(2, cancellation.Token);

        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => later);
    }

    private ResultOrder Order(bool isByInput) => new(isByInput, outcome => _seen.Add(outcome.Item.Index));
}
