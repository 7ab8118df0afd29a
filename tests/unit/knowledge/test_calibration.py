import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.calibration import expected_calibration_error, reliability

predictions = st.lists(st.tuples(st.floats(0, 1), st.booleans()))


def test_predictions_fall_into_ten_bins_of_equal_width() -> None:
    bins = reliability([0.0, 0.09, 0.1, 0.95, 1.0], [False, True, True, True, False])
    assert [(each.low, each.high, each.count, each.right) for each in bins] == [
        (0.0, 0.1, 2, 0.5),
        (0.1, 0.2, 1, 1.0),
        (0.9, 1.0, 2, 0.5),
    ]
    assert [each.probability for each in bins] == pytest.approx([0.045, 0.1, 0.975])


def test_error_is_the_mean_distance_weighted_by_count() -> None:
    assert expected_calibration_error(reliability([0.8] * 5, [True] * 4 + [False])) == pytest.approx(0)
    assert expected_calibration_error(reliability([0.9] * 3 + [0.2], [False] * 3 + [False])) == pytest.approx(0.725)
    assert expected_calibration_error([]) == 0


@given(predictions)
def test_every_prediction_is_in_one_bin_and_within_its_borders(pairs: list[tuple[float, bool]]) -> None:
    bins = reliability([probability for probability, _ in pairs], [right for _, right in pairs])
    assert sum(each.count for each in bins) == len(pairs)
    assert all(each.low <= each.probability + 1e-9 and each.probability <= each.high + 1e-9 for each in bins)
    assert sum(each.count * each.right for each in bins) == pytest.approx(sum(right for _, right in pairs))
    assert 0 <= expected_calibration_error(bins) <= 1
